import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.eclipse.leshan.client.resource.BaseInstanceEnablerFactory;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectTree;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.request.ContentFormat;

/** What the devices of all versions of Leshan do alike. Their Objects other than those of the core are of {@link TestInstance}. */
abstract class BaseDevice implements Console.Device {
    protected static final int SERVER_ID = 123;

    protected final Map<String, String> settings;
    protected final Consumer<String> event;
    private final Models models = new Models();
    private final Map<Integer, Map<Integer, TestInstance>> instances = new HashMap<>();

    protected BaseDevice(String name, Map<String, String> settings) {
        this.settings = settings;
        this.event = text -> Console.say(name, "event", text);
    }

    @Override
    public String run(String command, List<String> words) throws Exception {
        switch (command) {
        case "object":
            models.addObject(words);
            return "";
        case "resource":
            models.addResource(words);
            return "";
        case "start":
            start(enablers(words));
            return "";
        case "set":
            LwM2mPath path = new LwM2mPath(words.get(0));
            instance(path).set(path.getResourceId(), path.getResourceInstanceId(), words.get(1));
            return "";
        case "state":
            return instance(new LwM2mPath(words.get(0))).json();
        case "add":
            LwM2mPath added = new LwM2mPath(words.get(0));
            objectEnabler(added).addInstance(added.getObjectInstanceId(),
                    create(added.getObjectId(), added.getObjectInstanceId()));
            return "";
        case "remove":
            LwM2mPath removed = new LwM2mPath(words.get(0));
            objectEnabler(removed).removeInstance(removed.getObjectInstanceId());
            return "";
        case "enable":
            for (LwM2mObjectEnabler enabler : enablers(words)) {
                tree().addObjectEnabler(enabler);
            }
            return "";
        case "disable":
            tree().removeObjectEnabler(Integer.parseInt(words.get(0)));
            return "";
        case "update":
            update();
            return "";
        case "sleep":
            sleep();
            return "";
        case "wake":
            wake();
            return "";
        case "stop":
            stop();
            return "";
        case "destroy":
            destroy();
            return "";
        default:
            throw new IllegalArgumentException(command);
        }
    }

    /** Registers with these Objects, and with those of the core. */
    abstract void start(List<LwM2mObjectEnabler> enablers) throws Exception;

    abstract LwM2mObjectTree tree();

    abstract void update();

    /** Closes its sockets. */
    abstract void sleep() throws Exception;

    /** Opens others. */
    abstract void wake() throws Exception;

    /** De-registers. */
    abstract void stop();

    protected byte[] bytes(String setting) {
        return Values.bytes(settings.get(setting));
    }

    /** Those of paths such as /3442/0; /3442 is an Object without instances. */
    private List<LwM2mObjectEnabler> enablers(List<String> paths) {
        Map<Integer, Map<Integer, LwM2mInstanceEnabler>> made = new HashMap<>();
        for (String text : paths) {
            LwM2mPath path = new LwM2mPath(text);
            Map<Integer, LwM2mInstanceEnabler> ofObject = made.computeIfAbsent(path.getObjectId(),
                    any -> new HashMap<>());
            if (path.isObjectInstance()) {
                ofObject.put(path.getObjectInstanceId(), create(path.getObjectId(), path.getObjectInstanceId()));
            }
        }
        List<LwM2mObjectEnabler> enablers = new ArrayList<>();
        made.forEach((id, ofObject) -> enablers
                .add(new ObjectEnabler(id, models.model(id), ofObject, factory(id), ContentFormat.DEFAULT)));
        return enablers;
    }

    /** Makes what the server creates. */
    private BaseInstanceEnablerFactory factory(int object) {
        return new BaseInstanceEnablerFactory() {
            @Override
            public LwM2mInstanceEnabler create() {
                return new TestInstance(event);
            }

            @Override
            public LwM2mInstanceEnabler create(ObjectModel model, Integer id, Collection<Integer> used) {
                LwM2mInstanceEnabler instance = super.create(model, id, used);
                keep(object, instance.getId(), (TestInstance) instance);
                return instance;
            }
        };
    }

    private TestInstance create(int object, int id) {
        TestInstance instance = new TestInstance(event);
        instance.setId(id);
        instance.setModel(models.model(object));
        keep(object, id, instance);
        return instance;
    }

    private void keep(int object, int id, TestInstance instance) {
        instances.computeIfAbsent(object, any -> new HashMap<>()).put(id, instance);
    }

    private TestInstance instance(LwM2mPath path) {
        return instances.get(path.getObjectId()).get(path.getObjectInstanceId());
    }

    private ObjectEnabler objectEnabler(LwM2mPath path) {
        return (ObjectEnabler) tree().getObjectEnabler(path.getObjectId());
    }
}
