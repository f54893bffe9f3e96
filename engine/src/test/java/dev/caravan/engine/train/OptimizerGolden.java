package dev.caravan.engine.train;

import dev.caravan.engine.format.safetensors.RawTensor;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** The golden values of {@code golden/optimizer}, by name. */
final class OptimizerGolden implements AutoCloseable {
    static final Path FOLDER = Path.of("src/test/resources/golden/optimizer");

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final SafetensorsFile file = SafetensorsFile.open(FOLDER.resolve("optimizer.safetensors"));

    float[] floats(String name) {
        return file.raw(name).data().toArray(F32);
    }

    /** One row of a matrix. */
    float[] row(String name, int row) {
        RawTensor tensor = file.raw(name);
        long columns = tensor.shape()[1];
        return tensor.data()
                .asSlice(row * columns * Float.BYTES, columns * Float.BYTES)
                .toArray(F32);
    }

    double[] doubles(String name) {
        return file.raw(name).data().toArray(F64);
    }

    @Override
    public void close() {
        file.close();
    }
}
