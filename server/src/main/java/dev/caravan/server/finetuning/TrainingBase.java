package dev.caravan.server.finetuning;

import dev.caravan.engine.Checkpoints;
import dev.caravan.engine.OutOfMemoryBudgetException;
import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.WeightQuantizer;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The frozen model that an adapter is trained on: its files mapped, or quantised on the way. Owns everything.
 *
 * @param weightBytes what the weights take
 */
record TrainingBase(
        Checkpoint checkpoint,
        Arena arena,
        Kernels kernels,
        Decoder decoder,
        PromptEncoder prompts,
        QuantizationConfig quantization,
        long weightBytes)
        implements AutoCloseable {
    private static final Set<DType> PLAIN = Set.of(DType.F32, DType.F16, DType.BF16);

    /**
     * Loads a model.
     *
     * @param budgetBytes what its weights may take
     * @throws dev.caravan.engine.ModelFormatException if the engine cannot run it
     * @throws OutOfMemoryBudgetException if it does not fit
     */
    @SuppressWarnings("MustBeClosedChecker") // the record that is returned owns it
    static TrainingBase open(Path path, QuantizationConfig quantization, int threads, long budgetBytes) {
        Checkpoint checkpoint = Checkpoints.open(path);
        Arena arena = Arena.ofShared();
        Kernels kernels = KernelProvider.create(threads);
        boolean isLoaded = false;
        try {
            long bytes = WeightQuantizer.loadedBytes(checkpoint, quantization);
            if (bytes > budgetBytes) {
                throw new OutOfMemoryBudgetException("the model " + path.getFileName(), bytes, budgetBytes);
            }
            TrainingBase base = new TrainingBase(
                    checkpoint,
                    arena,
                    kernels,
                    Decoders.load(checkpoint, new WeightQuantizer(quantization, kernels, arena)),
                    prompts(checkpoint),
                    quantization,
                    bytes);
            isLoaded = true;
            return base;
        } finally {
            if (!isLoaded) {
                kernels.close();
                arena.close();
                checkpoint.close();
            }
        }
    }

    /** How its conversations become tokens; a base model without a template reads a plain transcript. */
    static PromptEncoder prompts(Checkpoint checkpoint) {
        return new PromptEncoder(
                Checkpoints.tokenizer(checkpoint),
                Checkpoints.chatTemplate(checkpoint).orElseGet(PlainTemplate::new));
    }

    static long parameters(Checkpoint checkpoint) {
        return checkpoint.tensorNames().stream()
                .mapToLong(name -> checkpoint.tensor(name).elements())
                .sum();
    }

    /**
     * SHA-256 in hex over the weight files, which the adapter is bound to.
     *
     * @throws UncheckedIOException if a file cannot be read
     */
    String weightHash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[1 << 20];
            for (Path file : checkpoint.weightFiles()) {
                try (InputStream input = Files.newInputStream(file)) {
                    for (int read = input.read(chunk); read >= 0; read = input.read(chunk)) {
                        digest.update(chunk, 0, read);
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + checkpoint.path(), failure);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /** Whether its weights have 16 or 32 bits each, so that quantising them loses nothing that is lost already. */
    static boolean isPlain(Checkpoint checkpoint) {
        return checkpoint
                .findTensor(Projection.Q_PROJ.module(0) + ".weight")
                .map(weight -> PLAIN.contains(weight.dtype()))
                .orElse(false);
    }

    /** How its weights were quantised on the way. */
    String loadIn() {
        return quantization.loadIn4bit() ? "in 4bit" : quantization.loadIn8bit() ? "in 8bit" : "as in the file";
    }

    /** The types of its matrices as they are trained on, for example {@code Q4_K, Q6_K}. */
    String types() {
        return decoder.blocks().stream()
                .flatMap(block -> Arrays.stream(Projection.values()).map(block::projection))
                .map(projection -> projection.weight().dtype().name())
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        kernels.close();
        arena.close();
        checkpoint.close();
    }
}
