/** Devices of Leshan, led by the lines of {@link Console}. */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) throws Exception {
        Console.run(LeshanDevice::new);
    }
}
