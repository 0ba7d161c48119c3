import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.util.datatype.ULong;

/** Leshan's simple instance, whose values can be set here and whose executions are told. */
final class TestInstance extends SimpleInstanceEnabler {
    private final Consumer<String> event;

    TestInstance(Consumer<String> event) {
        this.event = event;
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
        event.accept("executed /" + getModel().id + "/" + getId() + "/" + resource + " "
                + (arguments.isEmpty() ? "" : arguments.serialize()));
        return ExecuteResponse.success();
    }

    /** Observers are told of it. */
    void set(int resource, Integer instance, String text) throws Exception {
        ResourceModel model = getModel().resources.get(resource);
        Object value = parse(model.type, text);
        Map<Integer, Object> values = new TreeMap<>();
        if (model.multiple) {
            Map<Integer, Object> instances = new TreeMap<>(instancesOf(resources.get(resource)));
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
            values.put(resource.getId(), resource.isMultiInstances() ? instancesOf(resource) : resource.getValue());
        }
        return Values.json(values);
    }

    private static Map<Integer, Object> instancesOf(LwM2mResource resource) {
        if (resource == null) {
            return Collections.emptyMap();
        }
        Map<Integer, Object> instances = new TreeMap<>();
        for (LwM2mResourceInstance instance : resource.getInstances().values()) {
            instances.put(instance.getId(), instance.getValue());
        }
        return instances;
    }

    private static Object parse(ResourceModel.Type type, String text) throws Exception {
        switch (type) {
        case UNSIGNED_INTEGER:
            return ULong.valueOf(text);
        case OBJLNK:
            return ObjectLink.decodeFromString(text);
        case CORELINK:
            return new DefaultLinkParser().parseCoreLinkFormat(text.getBytes());
        default:
            return Values.parse(type.name(), text);
        }
    }
}
