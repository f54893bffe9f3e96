package dev.caravan.engine.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file much larger than the memory is read to its end, by a machine of its own with a small heap. */
class LargeFileTest {
    private static final int ROWS = 3000;
    private static final int HEAP_MEGABYTES = 20;
    private static final String LONG = "길고 긴 문단이다. ".repeat(900);

    @TempDir
    private Path folder;

    @Test
    void aFileLargerThanTheHeapIsReadAndItsLastRowFound() throws IOException, InterruptedException {
        Path file = folder.resolve("large.json");
        write(file);
        assertThat(Files.size(file)).isGreaterThan((2L * HEAP_MEGABYTES) << 20);
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + HEAP_MEGABYTES + "m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LargeFileTest.class.getName(),
                        folder.resolve("model").toString(),
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(Files.readString(output)).endsWith("rows 3000 invalid 2000 learned 끝<2002>\n");
    }

    private static void write(Path file) throws IOException {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            writer.write("[\n");
            for (int i = 0; i < ROWS; i++) {
                // Two of three are too long for an example, so that the machine need not encode everything twice.
                String text = i % 3 == 0 ? "" : LONG;
                String answer = i == ROWS - 3 ? "끝" : "답 " + i;
                writer.write("{\"prompt\": \"질문 %s\", \"completion\": \"%s\"},%n".formatted(text, answer));
            }
            writer.write("]");
        }
    }

    /** Reads a file and shows the last example. */
    public static void main(String[] arguments) {
        ExampleEncoder encoder = TinyTemplates.examples(
                TinyTemplates.encoder(
                        Path.of(arguments[0]), "hf-llama3", TinyTemplates.LLAMA_CONFIG, "template/models/midm.jinja"),
                256);
        Dataset dataset = Dataset.open(Path.of(arguments[1]), DatasetOptions.DEFAULT, encoder);
        DatasetExamples examples = dataset.training();
        String shown = "rows %d invalid %d learned %s%n"
                .formatted(
                        dataset.report().rows(),
                        dataset.report().invalidRows(),
                        TinyTemplates.learned(encoder.prompts(), examples.example(examples.size() - 1)));
        System.out.write(shown.getBytes(StandardCharsets.UTF_8), 0, shown.getBytes(StandardCharsets.UTF_8).length);
        System.out.flush();
    }
}
