package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.ModelFormatException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** A tensor and the file that it lies in, for messages. */
record PlacedTensor(Path file, RawTensor raw) {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * The numbers of a vector of floats.
     *
     * @throws ModelFormatException if it has another type or not exactly so many numbers
     */
    float[] floats(long count) {
        require(SafetensorsType.F32, count);
        return raw.data().toArray(F32);
    }

    /** Its bytes, which must be exactly so many. */
    byte[] bytes(long count) {
        require(SafetensorsType.U8, count);
        return raw.data().toArray(ValueLayout.JAVA_BYTE);
    }

    /** Lets the system take back the memory that the file's pages fill; they are read again if they are needed again. */
    void release() {
        if (raw.data().isMapped()) {
            raw.data().unload();
        }
    }

    /** Refuses a part of another type or size. */
    void require(SafetensorsType type, long count) {
        if (raw.type() != type || raw.elements() != count) {
            throw broken("the tensor %s should have %d numbers of %s and has %d of %s"
                    .formatted(SafetensorsHeader.printable(raw.name()), count, type, raw.elements(), raw.type()));
        }
    }

    ModelFormatException broken(String problem) {
        return new ModelFormatException(file, problem + "; take another build of the model");
    }
}
