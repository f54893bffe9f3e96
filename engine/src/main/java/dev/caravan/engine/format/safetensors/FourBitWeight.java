package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.quant.Bitsandbytes4bit;
import dev.caravan.engine.quant.BlockFormat;
import dev.caravan.engine.quant.DoubleQuantization;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A 4-bit weight of bitsandbytes. Its state is JSON in a tensor of bytes:
 *
 * <pre>
 * {"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [96, 128],
 *  "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 2.6}     the last line: double quantisation
 * </pre>
 *
 * The packed tensor may have any dtype ({@code bnb_4bit_quant_storage}): its bytes count.
 *
 * @param code NF4 or FP4
 * @param blockSize values that share one scale
 * @param valueType the weight's type before it was quantised
 */
@SuppressWarnings("ArrayRecordComponent") // shapes are short and never written
record FourBitWeight(FourBitParts parts, DType code, long[] shape, int blockSize, DType valueType, State nested)
        implements QuantizedWeight {

    /** Precedes {@code nf4} or {@code fp4} in the name of the tensor that holds the state. */
    static final String STATE = ".quant_state.bitsandbytes__";

    private static final int MAX_STATE_BYTES = 1 << 16;
    private static final int MAX_BLOCK_SIZE = 1 << 16;

    /** What double quantisation adds to the state; block size 0 without it. */
    record State(int blockSize, float offset) {}

    /**
     * Checks a weight's parts.
     *
     * @throws ModelFormatException if the state is unsound, or a part does not fit it, or the codes are no standard ones
     */
    static FourBitWeight read(FourBitParts parts) {
        try {
            JsonObject state = JsonObject.parse(parts.state().file(), stateText(parts.state()));
            FourBitWeight weight = new FourBitWeight(
                    parts, code(parts, state), shape(state), blockSize(state), valueType(state), nested(parts, state));
            weight.checkParts();
            return weight;
        } catch (ModelFormatException unsound) {
            String message = String.valueOf(unsound.getMessage());
            throw new ModelFormatException(
                    parts.state().file(),
                    "the 4-bit weight %s is unsound: %s"
                            .formatted(
                                    SafetensorsHeader.printable(parts.name()),
                                    message.substring(message.indexOf(": ") + 2)),
                    unsound);
        }
    }

    private static String stateText(PlacedTensor state) {
        long bytes = state.raw().data().byteSize();
        if (bytes > MAX_STATE_BYTES) {
            throw state.broken(
                    "its state has %d bytes, more than the %d that are read".formatted(bytes, MAX_STATE_BYTES));
        }
        return new String(state.bytes(bytes), StandardCharsets.UTF_8);
    }

    private static DType code(FourBitParts parts, JsonObject state) {
        String type = state.string("quant_type");
        if (!parts.state().raw().name().endsWith(STATE + type) || !(type.equals("nf4") || type.equals("fp4"))) {
            throw state.refused(
                    "its quant_type is %s in the tensor %s, expected nf4 or fp4; take another build of the model"
                            .formatted(
                                    SafetensorsHeader.printable(type),
                                    SafetensorsHeader.printable(
                                            parts.state().raw().name())));
        }
        return DType.valueOf(type.toUpperCase(Locale.ROOT));
    }

    private static long[] shape(JsonObject state) {
        List<@Nullable Object> extents = state.list("shape").orElse(List.of());
        long[] shape = extents.stream()
                .mapToLong(
                        extent -> extent instanceof Long whole && whole >= 1 && whole <= Integer.MAX_VALUE ? whole : 0)
                .toArray();
        if (shape.length != 2 || shape[0] == 0 || shape[1] == 0) {
            throw state.refused(
                    "its shape is %s, expected two sizes; take another build of the model".formatted(extents));
        }
        return shape;
    }

    private static int blockSize(JsonObject state) {
        int blockSize = state.integer("blocksize");
        if (blockSize < 2 || blockSize > MAX_BLOCK_SIZE || blockSize % 2 != 0) {
            throw state.refused(
                    "its blocksize is %d, which bitsandbytes does not write; take another build of the model"
                            .formatted(blockSize));
        }
        return blockSize;
    }

    private static DType valueType(JsonObject state) {
        String dtype = state.string("dtype");
        return switch (dtype) {
            case "float32" -> DType.F32;
            case "float16" -> DType.F16;
            case "bfloat16" -> DType.BF16;
            default ->
                throw state.refused(
                        "its dtype is %s, expected float32, float16 or bfloat16; take another build of the model"
                                .formatted(SafetensorsHeader.printable(dtype)));
        };
    }

    private static State nested(FourBitParts parts, JsonObject state) {
        if (parts.nestedAbsmax() == null) {
            return new State(0, 0);
        }
        int blockSize = state.integer("nested_blocksize");
        if (blockSize < 1 || !state.string("nested_dtype").equals("float32")) {
            throw state.refused("its nested_blocksize is %d and its nested_dtype %s, expected 256 and float32; "
                            .formatted(blockSize, SafetensorsHeader.printable(state.string("nested_dtype")))
                    + "take another build of the model");
        }
        return new State(blockSize, (float) state.number("nested_offset"));
    }

    /** Every part has the type and size that the others ask for; nothing large is read. */
    private void checkParts() {
        long elements = shape[0] * shape[1];
        long packedBytes = parts.packed().raw().data().byteSize();
        if (packedBytes != Math.ceilDiv(elements, 2L)) {
            throw parts.packed()
                    .broken("it has %d bytes, which is not %d times %d values of 4 bits"
                            .formatted(packedBytes, shape[0], shape[1]));
        }
        float[] map = parts.quantMap().floats(16);
        float[] codes = codes(code);
        for (int i = 0; i < 16; i++) {
            if (map[i] != codes[i]) {
                throw parts.quantMap()
                        .broken("its quant_map is not the table of %s, which is the only one supported"
                                .formatted(code));
            }
        }
        checkScales();
    }

    private void checkScales() {
        PlacedTensor nestedAbsmax = parts.nestedAbsmax();
        PlacedTensor nestedQuantMap = parts.nestedQuantMap();
        if (nestedAbsmax == null) {
            parts.absmax().require(SafetensorsType.F32, scales());
            return;
        }
        if (nestedQuantMap == null) {
            throw nestedAbsmax.broken("it has nested_absmax and no nested_quant_map");
        }
        parts.absmax().require(SafetensorsType.U8, scales());
        nestedAbsmax.require(SafetensorsType.F32, Math.ceilDiv(scales(), (long) nested.blockSize));
        nestedQuantMap.require(SafetensorsType.F32, 256);
    }

    /** How many scales there are, one for each block begun. */
    private long scales() {
        return Math.ceilDiv(shape[0] * shape[1], (long) blockSize);
    }

    /** The sixteen values of a type, in the order of their indexes. */
    static float[] codes(DType code) {
        byte[] block = new byte[code.blockBytes()];
        MemorySegment data = MemorySegment.ofArray(block);
        data.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, 0x3F800000); // 1.0f
        for (int i = 0; i < 8; i++) {
            block[4 + i] = (byte) ((2 * i) << 4 | (2 * i + 1));
        }
        float[] values = new float[code.blockElements()];
        BlockFormat.of(code).dequantize(data, 0, values, 0, values.length);
        return Arrays.copyOf(values, 16);
    }

    /** The blocks' scales, those of double quantisation as its parts say. */
    private float[] absmax() {
        PlacedTensor nestedAbsmax = parts.nestedAbsmax();
        PlacedTensor nestedQuantMap = parts.nestedQuantMap();
        if (nestedAbsmax == null || nestedQuantMap == null) {
            return parts.absmax().floats(scales());
        }
        return new DoubleQuantization(
                        parts.absmax().bytes(scales()),
                        nested.blockSize,
                        nestedAbsmax.floats(Math.ceilDiv(scales(), (long) nested.blockSize)),
                        nestedQuantMap.floats(256),
                        nested.offset)
                .absmax();
    }

    @Override
    public String name() {
        return parts.name();
    }

    @Override
    public DType dtype() {
        return Bitsandbytes4bit.fitsBlocks((int) shape[1], blockSize) ? code : valueType;
    }

    @Override
    public Tensor unpack(Arena arena) {
        MemorySegment packed = parts.packed().raw().data();
        MemorySegment data = arena.allocate(byteSize(), QuantizedWeight.ALIGNMENT);
        if (dtype() == code) {
            Bitsandbytes4bit.toBlocks(packed, absmax(), blockSize, data);
        } else {
            Bitsandbytes4bit.dequantize(code, packed, absmax(), blockSize, valueType, data);
        }
        parts.packed().release();
        return new Tensor(name(), dtype(), shape, data);
    }
}
