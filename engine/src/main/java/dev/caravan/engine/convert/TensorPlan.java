package dev.caravan.engine.convert;

import dev.caravan.engine.format.RowOrder;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one tensor.
 *
 * @param name in the target
 * @param source its values
 * @param rows in which order they are taken
 * @param addend added to every value: the 1 of a Gemma norm, with either sign
 * @param dtype the type in the target
 * @param adapter what is added to it, or null
 */
public record TensorPlan(
        String name,
        Tensor source,
        RowOrder rows,
        float addend,
        DType dtype,
        @Nullable LoraModule adapter) {

    /** Without an adapter. */
    TensorPlan(String name, Tensor source, RowOrder rows, float addend, DType dtype) {
        this(name, source, rows, addend, dtype, null);
    }

    /** The bytes in the target, without bitsandbytes' further parts. */
    public long bytes() {
        return dtype.byteSize(source.elements());
    }

    /** The shape, outermost first. */
    public long[] shape() {
        return source.shape();
    }

    /** Whether the very bytes of the source are taken. */
    boolean isCopy() {
        return source.dtype() == dtype && addend == 0 && adapter == null;
    }
}
