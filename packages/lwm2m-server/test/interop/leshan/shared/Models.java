import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;

/** The definitions of Objects, as the tests tell them. */
final class Models {
    private final Map<Integer, List<ResourceModel>> resources = new TreeMap<>();
    private final Map<Integer, List<String>> objects = new TreeMap<>();

    /** ID VERSION MULTIPLE: true or false. */
    void addObject(List<String> words) {
        int id = Integer.parseInt(words.get(0));
        objects.put(id, words);
        resources.put(id, new ArrayList<>());
    }

    /** OBJECT ID OPERATIONS MULTIPLE MANDATORY TYPE: the operations and types are named as Leshan does; NONE is that of an executable. */
    void addResource(List<String> words) {
        int id = Integer.parseInt(words.get(1));
        // The type that an executable has not has no name in Leshan 1.
        String type = words.get(5).equals("NONE") ? "STRING" : words.get(5);
        resources.get(Integer.parseInt(words.get(0))).add(new ResourceModel(id, "Resource " + id,
                ResourceModel.Operations.valueOf(words.get(2)), Boolean.valueOf(words.get(3)),
                Boolean.valueOf(words.get(4)), ResourceModel.Type.valueOf(type), "", "", ""));
    }

    ObjectModel model(int id) {
        List<String> words = objects.get(id);
        if (words == null) {
            throw new IllegalArgumentException("no definition of Object " + id);
        }
        return new ObjectModel(id, "Object " + id, "", words.get(1), Boolean.parseBoolean(words.get(2)), false,
                resources.get(id), "urn:oma:lwm2m:test:" + id + ":" + words.get(1), "1.1", "");
    }
}
