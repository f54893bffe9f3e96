package dev.caravan.engine.model;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.quant.DoubleQuantization;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Quantises linear layers while a model is loaded, as bitsandbytes does when transformers loads a model with a {@code
 * BitsAndBytesConfig}. Embeddings and norms keep their type, and so do rows that do not fill whole blocks.
 */
public final class WeightQuantizer {
    private static final Logger log = LoggerFactory.getLogger(WeightQuantizer.class);

    private static final Set<DType> PLAIN = Set.of(DType.F32, DType.F16, DType.BF16);
    private static final Set<DType> BITSANDBYTES = Set.of(DType.NF4, DType.FP4, DType.INT8);

    private static final ValueLayout.OfFloat SCALE =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Rows of one task: some hundred thousand values, so that the workers share evenly. */
    private static final int ROWS_PER_TASK = 64;

    /** Leaves every weight as the file has it. */
    static final WeightQuantizer NONE =
            new WeightQuantizer(QuantizationConfig.NONE, KernelProvider.scalar(), Arena.global());

    private final QuantizationConfig config;
    private final Kernels kernels;
    private final Arena arena;

    /**
     * A quantiser for one model.
     *
     * @param kernels share the work
     * @param arena owns the quantised weights
     */
    public WeightQuantizer(QuantizationConfig config, Kernels kernels, Arena arena) {
        this.config = config;
        this.kernels = kernels;
        this.arena = arena;
    }

    /** The bytes that a checkpoint's weights take once they are loaded. */
    public static long loadedBytes(Checkpoint checkpoint, QuantizationConfig config) {
        if (!config.isActive()) {
            // Nothing is looked at: bitsandbytes' weights take memory from the first look on.
            return checkpoint.weightBytes();
        }
        long bytes = 0;
        for (String name : checkpoint.tensorNames()) {
            Tensor tensor = checkpoint.tensor(name);
            boolean isLinear = tensor.shape().length == 2 && name.endsWith("_proj.weight");
            bytes += isLinear && isQuantised(config, module(name), tensor)
                    ? target(config).byteSize(tensor.elements())
                    : tensor.data().byteSize();
        }
        return bytes;
    }

    private static String module(String tensorName) {
        return tensorName.substring(0, tensorName.length() - ".weight".length());
    }

    private static boolean isQuantised(QuantizationConfig config, String module, Tensor weight) {
        return config.isActive()
                && PLAIN.contains(weight.dtype())
                && !config.skips(module)
                && weight.columns() % target(config).blockElements() == 0;
    }

    private static DType target(QuantizationConfig config) {
        if (config.loadIn8bit()) {
            return DType.INT8;
        }
        return switch (config.bnb4bitQuantType()) {
            case NF4 -> DType.NF4;
            case FP4 -> DType.FP4;
        };
    }

    /**
     * The weight as it is to be used.
     *
     * @param module the layer's name without {@code .weight}
     * @throws IllegalArgumentException if the file's weights are quantised in another way
     */
    Tensor load(String module, Tensor weight) {
        if (!config.isActive() || BITSANDBYTES.contains(weight.dtype())) {
            return weight;
        }
        if (!PLAIN.contains(weight.dtype())) {
            throw new IllegalArgumentException(
                    "its weights are quantised already (%s); load it without %s, or take an unquantised build"
                            .formatted(weight.dtype(), config.loadIn4bit() ? "load_in_4bit" : "load_in_8bit"));
        }
        if (!isQuantised(config, module, weight)) {
            log.debug("quantisation=skipped module={} type={}", module, weight.dtype());
            return weight;
        }
        return quantize(weight, target(config));
    }

    private Tensor quantize(Tensor weight, DType dtype) {
        int rows = weight.rows();
        int columns = weight.columns();
        MemorySegment data = arena.allocate(dtype.byteSize(weight.elements()), Float.BYTES);
        BlockFormat from = BlockFormat.of(weight.dtype());
        BlockFormat to = BlockFormat.of(dtype);
        long sourceRow = weight.dtype().byteSize(columns);
        long targetRow = dtype.byteSize(columns);
        kernels.parallel((rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK, task -> {
            float[] values = new float[columns];
            for (int row = task * ROWS_PER_TASK; row < Math.min(rows, (task + 1) * ROWS_PER_TASK); row++) {
                from.dequantize(weight.data(), row * sourceRow, values, 0, columns);
                to.quantize(values, 0, columns, data, row * targetRow);
            }
        });
        if (config.loadIn4bit() && config.bnb4bitUseDoubleQuant()) {
            roundScales(data);
        }
        if (weight.data().isMapped()) {
            // The file's pages count as this process's memory until they are let go; nobody reads them again.
            weight.data().unload();
        }
        return new Tensor(weight.name(), dtype, weight.shape(), data);
    }

    /** Puts in the place of every block's scale what is left of it after double quantisation. */
    private static void roundScales(MemorySegment blocks) {
        long blockBytes = DType.NF4.blockBytes();
        float[] absmax = new float[Math.toIntExact(blocks.byteSize() / blockBytes)];
        for (int i = 0; i < absmax.length; i++) {
            absmax[i] = blocks.get(SCALE, i * blockBytes);
        }
        float[] rounded = DoubleQuantization.of(absmax).absmax();
        for (int i = 0; i < rounded.length; i++) {
            blocks.set(SCALE, i * blockBytes, rounded[i]);
        }
    }
}
