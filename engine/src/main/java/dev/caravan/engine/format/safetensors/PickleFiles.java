package dev.caravan.engine.format.safetensors;

import java.util.Locale;

/** Weights in Python's pickle format are never opened: unpickling runs whatever code the file holds. */
final class PickleFiles {

    static final String ADVICE =
            "pickle files can run code, so Caravan does not open them; convert the model to safetensors";

    private PickleFiles() {}

    /** Whether a file's name is one that PyTorch's pickled weights have. */
    static boolean isOne(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".bin")
                || lower.endsWith(".pt")
                || lower.endsWith(".pth")
                || lower.endsWith(".ckpt")
                || lower.endsWith(".pkl")
                || lower.endsWith(".pickle");
    }
}
