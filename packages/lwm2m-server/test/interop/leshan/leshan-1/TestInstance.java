import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.ServerIdentity;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.response.ExecuteResponse;

/** Leshan's simple instance, whose values can be set here and whose executions are told. */
final class TestInstance extends SimpleInstanceEnabler {
    private final Consumer<String> event;

    TestInstance(Consumer<String> event) {
        this.event = event;
    }

    @Override
    public ExecuteResponse execute(ServerIdentity server, int resource, String arguments) {
        event.accept("executed /" + getModel().id + "/" + getId() + "/" + resource + " "
                + (arguments == null ? "" : arguments));
        return ExecuteResponse.success();
    }

    /** Observers are told of it. */
    void set(int resource, Integer instance, String text) {
        ResourceModel model = getModel().resources.get(resource);
        Object value = parse(model.type, text);
        Map<Integer, Object> values = new TreeMap<>();
        if (model.multiple) {
            Map<Integer, Object> instances = new TreeMap<>();
            if (resources.containsKey(resource)) {
                instances.putAll(resources.get(resource).getValues());
            }
            instances.put(instance, value);
            values.put(resource, instances);
        } else {
            values.put(resource, value);
        }
        fireResourcesChange(applyValues(values));
    }

    String json() {
        Map<Integer, Object> values = new TreeMap<>();
        for (LwM2mResource resource : resources.values()) {
            values.put(resource.getId(), resource.isMultiInstances() ? resource.getValues() : resource.getValue());
        }
        return Values.json(values);
    }

    private static Object parse(ResourceModel.Type type, String text) {
        return type == ResourceModel.Type.OBJLNK ? ObjectLink.decodeFromString(text) : Values.parse(type.name(), text);
    }
}
