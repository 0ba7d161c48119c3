import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.elements.util.StringUtil;

/** The lines that the tests and the programs of foreign stacks talk in: see foreign-program.ts. */
final class Words {
	private Words() {
	}

	/** `--name value` pairs of the command line. */
	static Map<String, Integer> arguments(String[] words) {
		Map<String, Integer> numbers = new HashMap<>();
		for (int index = 0; index + 1 < words.length; index += 2) {
			numbers.put(words[index].substring(2), Integer.valueOf(words[index + 1]));
		}
		return numbers;
	}

	static Configuration configuration(Map<String, Integer> given) {
		CoapConfig.register();
		UdpConfig.register();
		Configuration configuration = Configuration.createStandardWithoutFile();
		configuration.set(CoapConfig.ACK_TIMEOUT, given.getOrDefault("ack-timeout", 2000), TimeUnit.MILLISECONDS);
		configuration.set(CoapConfig.MAX_RETRANSMIT, given.getOrDefault("max-retransmit", 4));
		return configuration;
	}

	static synchronized void say(String line) {
		System.out.println(line);
		System.out.flush();
	}

	static byte[] unhex(String value) {
		return StringUtil.hex2ByteArray(value.toUpperCase());
	}

	static String hex(byte[] value) {
		return value == null ? "" : StringUtil.byteArray2Hex(value).toLowerCase();
	}

	static String hex(String value) {
		return hex(value.getBytes(StandardCharsets.UTF_8));
	}

	/** `ID OPERATION name=value ...`; texts and bytes are in hexadecimal. */
	static final class Command {
		final String id;
		final String operation;
		private final List<String[]> fields = new ArrayList<>();

		Command(String line) {
			String[] words = line.trim().split(" ");
			id = words[0];
			operation = words[1];
			for (int index = 2; index < words.length; index += 1) {
				fields.add(words[index].split("=", 2));
			}
		}

		List<String> all(String name) {
			List<String> values = new ArrayList<>();
			for (String[] field : fields) {
				if (field[0].equals(name)) {
					values.add(field[1]);
				}
			}
			return values;
		}

		String first(String name) {
			List<String> values = all(name);
			return values.isEmpty() ? null : values.get(0);
		}

		Integer number(String name) {
			String value = first(name);
			return value == null ? null : Integer.valueOf(value);
		}

		String text(String name) {
			return new String(unhex(name), StandardCharsets.UTF_8);
		}
	}
}
