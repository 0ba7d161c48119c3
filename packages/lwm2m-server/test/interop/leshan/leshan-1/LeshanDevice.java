import java.util.List;
import java.util.Map;
import org.eclipse.californium.core.network.config.NetworkConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.SingleNodeConnectionIdGenerator;
import org.eclipse.leshan.client.californium.LeshanClient;
import org.eclipse.leshan.client.californium.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectTree;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.core.request.BindingMode;

/** One device on the client library of Leshan 1, which is LwM2M 1.0. */
final class LeshanDevice extends BaseDevice {
    private LeshanClient client;

    LeshanDevice(String name, Map<String, String> settings) {
        super(name, settings);
    }

    @Override
    void start(List<LwM2mObjectEnabler> enablers) {
        BindingMode binding = settings.containsKey("queue") ? BindingMode.UQ : BindingMode.U;
        ObjectsInitializer core = new ObjectsInitializer();
        core.setInstancesForObject(0, security());
        if (settings.containsKey("bootstrap")) {
            core.setClassForObject(1, Server.class);
        } else {
            core.setInstancesForObject(1,
                    new Server(SERVER_ID, Long.parseLong(settings.get("lifetime")), binding, false));
        }
        core.setInstancesForObject(3, new Device("FlowNexus tests", "Leshan 1", "0001", binding.toString()));
        enablers.addAll(core.createAll());

        DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
        if (settings.containsKey("reconnect")) {
            engine.setReconnectOnUpdate(true);
            engine.setResumeOnConnect(settings.get("reconnect").equals("resumed"));
        }
        LeshanClientBuilder builder = new LeshanClientBuilder(settings.get("endpoint"));
        builder.setLocalAddress("127.0.0.1", 0);
        builder.setObjects(enablers);
        builder.setRegistrationEngineFactory(engine);
        NetworkConfig coap = LeshanClientBuilder.createDefaultNetworkConfig();
        if (settings.containsKey("block")) {
            int size = Integer.parseInt(settings.get("block"));
            coap.setInt(NetworkConfig.Keys.MAX_MESSAGE_SIZE, size);
            coap.setInt(NetworkConfig.Keys.PREFERRED_BLOCK_SIZE, size);
        }
        builder.setCoapConfig(coap);
        if (settings.containsKey("cid")) {
            DtlsConnectorConfig.Builder dtls = new DtlsConnectorConfig.Builder();
            dtls.setConnectionIdGenerator(new SingleNodeConnectionIdGenerator(Integer.parseInt(settings.get("cid"))));
            builder.setDtlsConfig(dtls);
        }
        client = builder.build();
        client.addObserver(new Observer(event));
        client.start();
    }

    @Override
    LwM2mObjectTree tree() {
        return client.getObjectTree();
    }

    @Override
    void update() {
        client.triggerRegistrationUpdate();
    }

    @Override
    void sleep() {
        client.coap().getServer().stop();
    }

    @Override
    void wake() {
        client.coap().getServer().start();
    }

    @Override
    void stop() {
        client.stop(true);
    }

    @Override
    public void destroy() {
        client.destroy(false);
    }

    private Security security() {
        String uri = settings.get("uri");
        if (settings.containsKey("bootstrap")) {
            return settings.containsKey("psk")
                    ? Security.pskBootstrap(uri, settings.get("identity").getBytes(), bytes("psk"))
                    : Security.noSecBootstap(uri);
        }
        if (settings.containsKey("psk")) {
            return Security.psk(uri, SERVER_ID, settings.get("identity").getBytes(), bytes("psk"));
        }
        if (settings.containsKey("certificate")) {
            return Security.x509(uri, SERVER_ID, bytes("certificate"), bytes("key"), bytes("server"));
        }
        if (settings.containsKey("public")) {
            return Security.rpk(uri, SERVER_ID, bytes("public"), bytes("key"), bytes("server"));
        }
        return Security.noSec(uri, SERVER_ID);
    }
}
