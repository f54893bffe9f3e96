package dev.caravan.testkit;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The real weights that tests run on. {@code ./caravan test} fetches them and says where they are in the environment
 * variable {@code CARAVAN_TEST_MODELS}; without it they are looked for under {@code ~/.caravan/models}.
 */
public final class TestModels {

    private TestModels() {}

    /** Gemma 3 270M, a base model, Q4_K_M. */
    public static Path gemma3() {
        return file("gemma-3-270m", "gemma-3-270m-q4_k_m.gguf");
    }

    /** multilingual-e5-small in 4 bits. */
    public static Path e5Small() {
        return file("multilingual-e5-small", "e5-small-q4.bin");
    }

    /** The folder that holds one folder per model. */
    public static Path directory() {
        String configured = System.getenv("CARAVAN_TEST_MODELS");
        return configured == null || configured.isBlank()
                ? Path.of(System.getProperty("user.home"), ".caravan", "models")
                : Path.of(configured);
    }

    private static Path file(String model, String name) {
        Path file = directory().resolve(model).resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new AssertionError(
                    file + " is missing: run ./caravan test, or ./caravan models pull " + model + " first");
        }
        return file;
    }
}
