package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.quant.Bitsandbytes8bit;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * An LLM.int8() weight of bitsandbytes: signed bytes {@code [out, in]} and the greatest magnitude of each row.
 *
 * @param magnitudes SCB, {@code [out]}
 */
record EightBitWeight(PlacedTensor codes, PlacedTensor magnitudes) implements QuantizedWeight {

    /** {@code weight_format} of rows in their order; the others are layouts of old GPUs. */
    private static final int ROW_MAJOR = 0;

    /**
     * Checks a weight's parts.
     *
     * @param magnitudes the name of SCB, which exists
     * @throws ModelFormatException if a part is missing or does not fit the others
     */
    static EightBitWeight read(Map<String, PlacedTensor> tensors, String weight, String magnitudes, String format) {
        PlacedTensor scales = tensors.get(magnitudes);
        if (scales == null) {
            throw new IllegalArgumentException("no tensor " + magnitudes);
        }
        PlacedTensor codes = tensors.get(weight);
        if (codes == null) {
            throw scales.broken("the tensor %s is missing, which belongs to %s"
                    .formatted(SafetensorsHeader.printable(weight), SafetensorsHeader.printable(magnitudes)));
        }
        RawTensor raw = codes.raw();
        if (raw.type() != SafetensorsType.I8
                || raw.shape().length != 2
                || raw.shape()[0] > Integer.MAX_VALUE
                || raw.shape()[1] > Integer.MAX_VALUE) {
            throw codes.broken(
                    "the 8-bit weight %s is not a matrix of I8".formatted(SafetensorsHeader.printable(weight)));
        }
        scales.require(SafetensorsType.F32, raw.shape()[0]);
        PlacedTensor layout = tensors.get(format);
        if (layout != null && layout.bytes(1)[0] != ROW_MAJOR) {
            throw layout.broken("the 8-bit weight %s is stored in the order of a GPU and not row by row"
                    .formatted(SafetensorsHeader.printable(weight)));
        }
        return new EightBitWeight(codes, scales);
    }

    @Override
    public String name() {
        return codes.raw().name();
    }

    @Override
    public long[] shape() {
        return codes.raw().shape();
    }

    private int columns() {
        return (int) shape()[1];
    }

    @Override
    public DType dtype() {
        return Bitsandbytes8bit.fitsBlocks(columns()) ? DType.INT8 : DType.F32;
    }

    @Override
    public Tensor unpack(Arena arena) {
        MemorySegment bytes = codes.raw().data();
        float[] scales = magnitudes.floats(shape()[0]);
        MemorySegment data = arena.allocate(byteSize(), QuantizedWeight.ALIGNMENT);
        if (dtype() == DType.INT8) {
            Bitsandbytes8bit.toBlocks(bytes, scales, columns(), data);
        } else {
            Bitsandbytes8bit.dequantize(bytes, scales, columns(), DType.F32, data);
        }
        codes.release();
        return new Tensor(name(), dtype(), shape(), data);
    }
}
