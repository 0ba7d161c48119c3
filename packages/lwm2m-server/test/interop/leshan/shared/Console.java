import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Devices that are led by lines. "NAME new key=value ..." makes one; "NAME COMMAND word ..." tells it something, and each line is
 * answered by "NAME ok TEXT" or "NAME error TEXT". "NAME event TEXT" comes at any time. Words are percent-encoded. The program
 * ends when its input ends.
 */
final class Console {
    interface Device {
        String run(String command, List<String> words) throws Exception;

        void destroy();
    }

    interface Maker {
        Device make(String name, Map<String, String> settings) throws Exception;
    }

    private Console() {
    }

    static void run(Maker maker) throws Exception {
        Map<String, Device> devices = new HashMap<>();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        say("program", "ready", "");
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            List<String> words = new ArrayList<>();
            for (String word : line.split(" ")) {
                words.add(URLDecoder.decode(word, StandardCharsets.UTF_8));
            }
            String name = words.get(0);
            String command = words.get(1);
            List<String> rest = words.subList(2, words.size());
            try {
                if (command.equals("new")) {
                    devices.put(name, maker.make(name, settings(rest)));
                    say(name, "ok", "");
                } else {
                    say(name, "ok", devices.get(name).run(command, rest));
                }
            } catch (Exception | LinkageError error) {
                say(name, "error", String.valueOf(error));
            }
        }
        for (Device device : devices.values()) {
            device.destroy();
        }
        System.exit(0);
    }

    static synchronized void say(String name, String what, String text) {
        System.out.println(name + " " + what + " " + URLEncoder.encode(text, StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static Map<String, String> settings(List<String> words) {
        Map<String, String> settings = new HashMap<>();
        for (String word : words) {
            int at = word.indexOf('=');
            settings.put(word.substring(0, at), word.substring(at + 1));
        }
        return settings;
    }
}
