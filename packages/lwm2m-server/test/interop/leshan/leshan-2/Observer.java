import java.util.function.Consumer;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.servers.LwM2mServer;
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
    public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String registration) {
        event.accept("registered " + registration);
    }

    @Override
    public void onRegistrationFailure(LwM2mServer server, RegisterRequest request, ResponseCode code, String message,
            Exception cause) {
        event.accept("not registered: " + code + " " + message + " " + cause);
    }

    @Override
    public void onRegistrationTimeout(LwM2mServer server, RegisterRequest request) {
        event.accept("not registered: no answer");
    }

    @Override
    public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
        event.accept("updated");
    }

    @Override
    public void onUpdateFailure(LwM2mServer server, UpdateRequest request, ResponseCode code, String message,
            Exception cause) {
        event.accept("not updated: " + code + " " + message + " " + cause);
    }

    @Override
    public void onUpdateTimeout(LwM2mServer server, UpdateRequest request) {
        event.accept("not updated: no answer");
    }

    @Override
    public void onDeregistrationSuccess(LwM2mServer server, DeregisterRequest request) {
        event.accept("deregistered");
    }

    @Override
    public void onDeregistrationFailure(LwM2mServer server, DeregisterRequest request, ResponseCode code,
            String message, Exception cause) {
        event.accept("not deregistered: " + code + " " + message + " " + cause);
    }

    @Override
    public void onDeregistrationTimeout(LwM2mServer server, DeregisterRequest request) {
        event.accept("not deregistered: no answer");
    }

    @Override
    public void onUnexpectedError(Throwable error) {
        event.accept("failed: " + error);
    }
}
