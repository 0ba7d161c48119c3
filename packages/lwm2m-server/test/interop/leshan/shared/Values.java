import java.util.Date;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.leshan.core.util.Hex;

/** Values as texts and as JSON. */
final class Values {
    private Values() {
    }

    /** A value of a type that every version of Leshan has. Opaque values are hexadecimal, times in milliseconds. */
    static Object parse(String type, String text) {
        switch (type) {
        case "STRING":
            return text;
        case "INTEGER":
            return Long.valueOf(text);
        case "FLOAT":
            return Double.valueOf(text);
        case "BOOLEAN":
            return Boolean.valueOf(text);
        case "OPAQUE":
            return bytes(text);
        case "TIME":
            return new Date(Long.parseLong(text));
        default:
            throw new IllegalArgumentException("a value of the type " + type);
        }
    }

    static byte[] bytes(String hexadecimal) {
        return Hex.decodeHex(hexadecimal.toCharArray());
    }

    static String json(Object value) {
        if (value instanceof Map) {
            StringBuilder text = new StringBuilder("{");
            for (Map.Entry<?, ?> entry : new TreeMap<Object, Object>((Map<?, ?>) value).entrySet()) {
                text.append(text.length() == 1 ? "" : ",").append('"').append(entry.getKey()).append("\":")
                        .append(json(entry.getValue()));
            }
            return text.append('}').toString();
        }
        if (value == null || value instanceof Long || value instanceof Double || value instanceof Boolean) {
            return String.valueOf(value);
        }
        if (value instanceof byte[]) {
            return quoted(Hex.encodeHexString((byte[]) value));
        }
        if (value instanceof Date) {
            return String.valueOf(((Date) value).getTime());
        }
        return quoted(value.toString());
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            quoted.append(unit < ' ' || unit == '"' || unit == '\\' ? String.format("\\u%04x", (int) unit) : unit);
        }
        return quoted.append('"').toString();
    }
}
