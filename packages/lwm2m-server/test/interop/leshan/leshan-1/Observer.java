import java.util.function.Consumer;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.servers.ServerIdentity;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;

/** Tells what becomes of the registration. */
final class Observer extends LwM2mClientObserverAdapter {
    private final Consumer<String> event;

    Observer(Consumer<String> event) {
        this.event = event;
    }

    @Override
    public void onRegistrationSuccess(ServerIdentity server, RegisterRequest request, String registration) {
        event.accept("registered " + registration);
    }

    @Override
    public void onRegistrationFailure(ServerIdentity server, RegisterRequest request, ResponseCode code, String message,
            Exception cause) {
        event.accept("not registered: " + code + " " + message + " " + cause);
    }

    @Override
    public void onRegistrationTimeout(ServerIdentity server, RegisterRequest request) {
        event.accept("not registered: no answer");
    }

    @Override
    public void onUpdateSuccess(ServerIdentity server, UpdateRequest request) {
        event.accept("updated");
    }

    @Override
    public void onUpdateFailure(ServerIdentity server, UpdateRequest request, ResponseCode code, String message,
            Exception cause) {
        event.accept("not updated: " + code + " " + message + " " + cause);
    }

    @Override
    public void onUpdateTimeout(ServerIdentity server, UpdateRequest request) {
        event.accept("not updated: no answer");
    }

    @Override
    public void onDeregistrationSuccess(ServerIdentity server, DeregisterRequest request) {
        event.accept("deregistered");
    }

    @Override
    public void onDeregistrationFailure(ServerIdentity server, DeregisterRequest request, ResponseCode code,
            String message, Exception cause) {
        event.accept("not deregistered: " + code + " " + message + " " + cause);
    }

    @Override
    public void onDeregistrationTimeout(ServerIdentity server, DeregisterRequest request) {
        event.accept("not deregistered: no answer");
    }

    @Override
    public void onUnexpectedError(Throwable error) {
        event.accept("failed: " + error);
    }
}
