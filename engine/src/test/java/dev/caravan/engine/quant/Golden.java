package dev.caravan.engine.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.engine.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/** Reference values; the golden files' folders say how they were made. */
final class Golden {

    private Golden() {}

    /** @param name folder and file below {@code /golden/} */
    static byte[] bytes(String name) {
        try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name)) {
            assertThat(in).as(name).isNotNull();
            return in.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static float[] floats(String name) {
        byte[] bytes = bytes(name);
        float[] floats = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    /** Values saved as this plain type. */
    static float[] values(String name, DType dtype) {
        byte[] bytes = bytes(name);
        float[] values = new float[bytes.length / dtype.blockBytes()];
        BlockFormat.of(dtype).dequantize(MemorySegment.ofArray(bytes), 0, values, 0, values.length);
        return values;
    }

    /** The name of a plain type in torch, of which the golden files are named. */
    static String torch(DType dtype) {
        return switch (dtype) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> throw new IllegalArgumentException(dtype.name().toLowerCase(Locale.ROOT));
        };
    }

    /** Equal bit for bit, but any not-a-number equals any other. */
    static void assertSame(float[] actual, float[] expected, String what) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(Float.floatToIntBits(actual[i]))
                    .as("%s value %d: %s, expected %s", what, i, actual[i], expected[i])
                    .isEqualTo(Float.floatToIntBits(expected[i]));
        }
    }
}
