import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.lwm2m.DefaultLwM2mLinkParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttribute;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mDecoder;
import org.eclipse.leshan.core.node.codec.DefaultLwM2mEncoder;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.argument.Arguments;

/**
 * The codecs of Eclipse Leshan behind lines of text: each line of input is a command with its arguments, each line of output
 * "ok" and the result, or "error" and the reason.
 */
public class Codec {
    private static final HexFormat HEX = HexFormat.of();
    private final DefaultLwM2mDecoder decoder = new DefaultLwM2mDecoder(true);
    private final DefaultLwM2mEncoder encoder = new DefaultLwM2mEncoder(true);
    private final Map<Integer, ObjectModel> objects = new TreeMap<>();
    private StaticModel model = new StaticModel();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Codec codec = new Codec();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                out.println("ok " + codec.run(line.split(" ", -1)));
            } catch (Exception e) {
                out.println("error " + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
            }
        }
    }

    private String run(String[] words) throws Exception {
        switch (words[0]) {
        case "define":
            return define(Integer.parseInt(words[1]), words[2].equals("multiple"), words[3].split(","));
        case "transcode": {
            LwM2mPath path = new LwM2mPath(words[3]);
            return HEX.formatHex(encoder.encode(decoder.decode(bytes(words[4]), format(words[1]), null, path, model),
                    format(words[2]), null, path, model));
        }
        case "transcode-series": {
            LwM2mPath path = new LwM2mPath(words[3]);
            return HEX.formatHex(encoder.encodeTimestampedData(
                    decoder.decodeTimestampedData(bytes(words[4]), format(words[1]), null, path, model),
                    format(words[2]), null, path, model));
        }
        case "transcode-nodes": {
            List<LwM2mPath> paths = words[3].equals("-") ? null : LwM2mPath.getLwM2mPathList(List.of(words[3].split(",")));
            return HEX.formatHex(encoder.encodeNodes(
                    decoder.decodeNodes(bytes(words[4]), format(words[1]), null, paths, model), format(words[2]), null,
                    model));
        }
        case "paths":
            return HEX.formatHex(encoder.encodePaths(decoder.decodePaths(bytes(words[3]), format(words[1]), null),
                    format(words[2]), null));
        case "links":
            return new DefaultLinkSerializer()
                    .serializeCoreLinkFormat(new DefaultLwM2mLinkParser().parseCoreLinkFormat(bytes(words[1])));
        case "attributes": {
            List<LwM2mAttribute<?>> attributes = new ArrayList<>(new DefaultLwM2mAttributeParser().parseUriQuery(words[1]));
            return String.join("&", new LwM2mAttributeSet(attributes).toQueryParams());
        }
        case "arguments":
            return Arguments.parse(new String(bytes(words[1]), StandardCharsets.US_ASCII)).serialize();
        default:
            throw new IllegalArgumentException("no such command");
        }
    }

    /** Resources are "id:TYPE", with ":multiple" behind it. */
    private String define(int id, boolean multiple, String[] resources) {
        List<ResourceModel> models = new ArrayList<>();
        for (String resource : resources) {
            String[] parts = resource.split(":");
            models.add(new ResourceModel(Integer.valueOf(parts[0]), "R" + parts[0], ResourceModel.Operations.RW,
                    parts.length == 3, false, ResourceModel.Type.valueOf(parts[1]), "", "", ""));
        }
        objects.put(id, new ObjectModel(id, "O" + id, "", "1.0", multiple, false, models));
        model = new StaticModel(objects.values());
        return String.valueOf(models.size());
    }

    private static ContentFormat format(String number) {
        return ContentFormat.fromCode(Integer.parseInt(number));
    }

    private static byte[] bytes(String hex) {
        return HEX.parseHex(hex);
    }
}
