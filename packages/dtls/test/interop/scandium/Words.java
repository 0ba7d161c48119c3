import java.util.HashMap;
import java.util.Map;

/** A line of the tests: `OPERATION name=value ...`, or `send` with hexadecimal bytes. */
final class Words {
	final String operation;
	final String rest;
	private final Map<String, String> fields = new HashMap<>();

	Words(String line) {
		String[] parts = line.trim().split(" ", 2);
		operation = parts[0];
		rest = parts.length > 1 ? parts[1] : "";
		for (String field : rest.split(" ")) {
			String[] pair = field.split("=", 2);
			if (pair.length == 2) {
				fields.put(pair[0], pair[1]);
			}
		}
	}

	boolean has(String name) {
		return fields.containsKey(name);
	}

	String text(String name) {
		if (!has(name)) {
			throw new IllegalArgumentException(name + " is missing");
		}
		return fields.get(name);
	}

	int number(String name, int otherwise) {
		return has(name) ? Integer.parseInt(text(name)) : otherwise;
	}
}
