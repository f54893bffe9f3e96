package dev.caravan.engine.convert;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.format.Leftovers;
import dev.caravan.engine.format.gguf.GgufCheckpoint;
import dev.caravan.engine.format.safetensors.SafetensorsCheckpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Converts a decoder between formats: {@link #open} looks at the source and says what will be written, {@link #run}
 * writes it, one tensor at a time, and looks at the result. What is written appears under its name whole or not at all.
 * Owns the source; for one thread.
 */
public final class ModelConversion implements AutoCloseable {

    private static final String GGUF_ENDING = ".gguf";

    private final Checkpoint checkpoint;
    private final Path target;
    private final ConversionOptions options;
    private final ConversionTarget writer;
    private final List<String> notes = new ArrayList<>();

    private ModelConversion(
            Checkpoint checkpoint,
            Path target,
            ConversionOptions options,
            Function<Decoder, SourceModel.@Nullable Merge> merge) {
        this.checkpoint = checkpoint;
        this.target = target;
        this.options = options;
        // Every shape is checked and every tensor known before anything is written.
        Decoder decoder = Decoders.load(checkpoint);
        SourceModel source = new SourceModel(checkpoint, decoder.config(), merge.apply(decoder));
        if (!source.keepsTypes()) {
            requireSense(source);
        }
        this.writer =
                isGguf(target) ? new GgufTarget(source, target, options) : new FolderTarget(source, target, options);
        notes.addAll(writer.notes());
    }

    /**
     * Plans a conversion.
     *
     * @param source a GGUF file, or a folder or file of safetensors
     * @param target a path that ends in {@code .gguf}, or a folder
     * @throws ModelFormatException if the source cannot be read, or cannot be said in the target's format
     * @throws IllegalArgumentException if type and target do not fit, the target is there already, or nothing is gained
     */
    public static ModelConversion open(Path source, Path target, ConversionOptions options) {
        return open(source, target, options, decoder -> null);
    }

    /** Plans a conversion of a model with an adapter, which is read once the base is known. */
    static ModelConversion open(
            Path source, Path target, ConversionOptions options, Function<Decoder, SourceModel.@Nullable Merge> merge) {
        options.type().requireFor(isGguf(target));
        requireFree(source, target, options);
        Checkpoint checkpoint = Checkpoints.open(source);
        try {
            return new ModelConversion(checkpoint, target, options, merge);
        } catch (RuntimeException | Error failure) {
            checkpoint.close();
            throw failure;
        }
    }

    static boolean isGguf(Path target) {
        return String.valueOf(target.getFileName()).endsWith(GGUF_ENDING);
    }

    private static void requireFree(Path source, Path target, ConversionOptions options) {
        try {
            if (Files.exists(target) && Files.exists(source) && Files.isSameFile(source, target)) {
                throw new IllegalArgumentException("source and target are the same; give another target");
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + target, failure);
        }
        boolean isFolder = Files.isDirectory(target);
        if (Files.exists(target) && !options.replace()) {
            throw new IllegalArgumentException(
                    "%s is there already; choose another target, or replace it with --force".formatted(target));
        }
        if (isFolder && (isGguf(target) || !Files.isRegularFile(target.resolve("config.json")))) {
            throw new IllegalArgumentException(
                    "%s is a folder that holds no model, so it is not replaced; choose another target"
                            .formatted(target));
        }
        if (Files.exists(target) && !isFolder && !isGguf(target)) {
            throw new IllegalArgumentException("%s is a file; the target of safetensors is a folder".formatted(target));
        }
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new IllegalArgumentException("the folder %s does not exist; create it first".formatted(folder));
        }
    }

    /** Quantised weights lose nothing by being unpacked and gain nothing by being packed as large again. */
    private void requireSense(SourceModel source) {
        DType from = source.mainType();
        DType to = options.type().dtype();
        boolean isQuantised = from.blockElements() > 1;
        boolean sameFormat = isGguf(target) == (checkpoint instanceof GgufCheckpoint);
        if (isQuantised && !options.type().isPlain() && sameFormat && bits(to) >= bits(from)) {
            throw new IllegalArgumentException(
                    ("the source's weights are %s already, which is not larger than %s: packing them again would only lose"
                                    + " precision; take a smaller type, or the unquantised model as the source")
                            .formatted(from, to));
        }
        if (isQuantised) {
            notes.add(
                    options.type().isPlain()
                            ? "the source is quantised (%s): unpacking does not bring back what its quantisation lost"
                                    .formatted(from)
                            : "the source is quantised (%s) and is quantised once more: errors add up; the unquantised model as the source gives a better one"
                                    .formatted(from));
        }
    }

    private static double bits(DType dtype) {
        return 8.0 * dtype.blockBytes() / dtype.blockElements();
    }

    void addNote(String note) {
        notes.add(note);
    }

    /** What becomes of each tensor. */
    public List<TensorPlan> tensors() {
        return writer.tensors();
    }

    /** What a person should know before, possibly nothing. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** The bytes of the tensors in the target. */
    public long bytes() {
        return writer.tensors().stream().mapToLong(TensorPlan::bytes).sum();
    }

    /**
     * Writes the target and checks that it loads.
     *
     * @throws IllegalArgumentException if the disk has not enough room
     * @throws UncheckedIOException if the system cannot read or write
     */
    public void run(ConversionProgress progress) {
        requireRoom();
        removeLeftovers();
        try (Kernels kernels = KernelProvider.create(options.threads());
                TensorRewriter rewriter = new TensorRewriter(kernels, progress)) {
            writer.write(rewriter);
        }
        try (Checkpoint written = Checkpoints.open(target)) {
            Decoders.load(written);
        }
    }

    private void requireRoom() {
        Path folder = target.toAbsolutePath().getParent();
        try {
            long free = Files.getFileStore(Optional.ofNullable(folder).orElse(target))
                    .getUsableSpace();
            // Scales, headers and the tokenizer take a few per cent more.
            long needed = bytes() + bytes() / 16;
            if (free < needed) {
                throw new IllegalArgumentException("%s needs %d MB, and %d MB are free on its disk; free some space"
                        .formatted(target, needed / 1_000_000, free / 1_000_000));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot look at the disk of " + target, failure);
        }
    }

    /** What a conversion that was killed left behind under temporary names. */
    private void removeLeftovers() {
        Leftovers.remove(target);
    }

    /** Where further files of the source's model lie, if it has any. */
    static Optional<Path> folder(Checkpoint checkpoint) {
        return checkpoint instanceof SafetensorsCheckpoint safetensors
                ? Optional.of(safetensors.folder())
                : Optional.empty();
    }

    @Override
    public void close() {
        checkpoint.close();
    }
}
