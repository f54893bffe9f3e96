package dev.caravan.engine.lora;

import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.format.safetensors.RawTensor;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import dev.caravan.engine.format.safetensors.SafetensorsType;
import dev.caravan.engine.format.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Changes PEFT folders for tests. */
final class HostileFiles {

    /** A tensor as it lies in a file. */
    @SuppressWarnings("ArrayRecordComponent") // a test's own
    record Entry(String name, SafetensorsType type, long[] shape, byte[] bytes) {}

    private HostileFiles() {}

    /** Writes the weights again, each tensor as the operator gives it. */
    static void rewrite(Path folder, UnaryOperator<Entry> change) {
        write(folder, entry -> true, change);
    }

    /** Writes the weights again without some tensors. */
    static void keep(Path folder, Predicate<Entry> kept) {
        write(folder, kept, entry -> entry);
    }

    private static void write(Path folder, Predicate<Entry> kept, UnaryOperator<Entry> change) {
        Path weights = folder.resolve("adapter_model.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        try (SafetensorsFile file = SafetensorsFile.open(weights)) {
            for (String name : file.tensorNames()) {
                RawTensor raw = file.raw(name);
                Entry old = new Entry(name, raw.type(), raw.shape(), raw.data().toArray(ValueLayout.JAVA_BYTE));
                if (kept.test(old)) {
                    Entry entry = change.apply(old);
                    writer.add(
                            entry.name, entry.type, entry.shape, TensorContent.of(MemorySegment.ofArray(entry.bytes)));
                }
            }
        }
        writer.writeFile(weights);
    }

    static void rename(Path folder, UnaryOperator<String> name) {
        rewrite(folder, entry -> new Entry(name.apply(entry.name), entry.type, entry.shape, entry.bytes));
    }

    /** Replaces a text in the configuration, which must hold it. */
    static void editConfig(Path folder, String from, String to) {
        try {
            Path file = folder.resolve("adapter_config.json");
            String text = Files.readString(file);
            if (!text.contains(from)) {
                throw new IllegalArgumentException("adapter_config.json does not hold " + from);
            }
            Files.writeString(file, text.replace(from, to));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
