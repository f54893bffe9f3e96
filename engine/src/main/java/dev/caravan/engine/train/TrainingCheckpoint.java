package dev.caravan.engine.train;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A training as it was after a step: one safetensors file with the adapter's tensors ({@code adapter.*}), AdamW's moments
 * ({@code exp_avg.*}, {@code exp_avg_sq.*}), the losses so far ({@code history.*}), and as metadata the step, what the
 * training depends on, and a checksum. Where the data stand and what dropout drops follow from the step and the seed. The
 * file holds no times: the same training writes the same bytes. Owns the mapping of the file until it is closed.
 */
public final class TrainingCheckpoint implements AutoCloseable {
    static final String FORMAT = "caravan-checkpoint-1";
    static final String FORMAT_KEY = "format";
    static final String STEP_KEY = "step";
    static final String STEPS_KEY = "steps";
    static final String CHECKSUM_KEY = "sha256";
    static final String IDENTITY_PREFIX = "identity.";
    static final String ADAPTER = "adapter.";
    static final String EXP_AVG = "exp_avg.";
    static final String EXP_AVG_SQ = "exp_avg_sq.";
    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final SafetensorsFile file;
    private final int step;

    private TrainingCheckpoint(SafetensorsFile file, int step) {
        this.file = file;
        this.step = step;
    }

    /**
     * Opens a checkpoint and checks all of it.
     *
     * @throws ModelFormatException if the file is none, or damaged
     */
    public static TrainingCheckpoint open(Path path) {
        SafetensorsFile file = SafetensorsFile.open(path);
        boolean isSound = false;
        try {
            if (!FORMAT.equals(file.metadata().get(FORMAT_KEY))) {
                throw new ModelFormatException(path, "it is no checkpoint of a training; choose another file");
            }
            TrainingCheckpoint checkpoint = new TrainingCheckpoint(file, number(file, STEP_KEY));
            checkpoint.requireChecksum();
            isSound = true;
            return checkpoint;
        } finally {
            if (!isSound) {
                file.close();
            }
        }
    }

    private static int number(SafetensorsFile file, String key) {
        String text = file.metadata().getOrDefault(key, "");
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException noNumber) {
            throw new ModelFormatException(file.path(), "its %s is '%s', it should be a number".formatted(key, text));
        }
    }

    private void requireChecksum() {
        TrainingHash hash = new TrainingHash();
        for (String name : file.tensorNames()) {
            hash.add(file.raw(name).data().asByteBuffer());
        }
        if (!hash.hex().equals(file.metadata().get(CHECKSUM_KEY))) {
            throw new ModelFormatException(file.path(), "its checksum is wrong; take an earlier checkpoint");
        }
    }

    public Path path() {
        return file.path();
    }

    /** The steps that had been made. */
    public int step() {
        return step;
    }

    TrainingIdentity identity() {
        Map<String, String> values = new LinkedHashMap<>();
        file.metadata().forEach((key, value) -> {
            if (key.startsWith(IDENTITY_PREFIX)) {
                values.put(key.substring(IDENTITY_PREFIX.length()), value);
            }
        });
        return new TrainingIdentity(values);
    }

    TrainingHistory history() {
        return HistoryTensors.read(file, number(file, STEPS_KEY));
    }

    /** Writes the adapter's values into the tensors. */
    void copyValues(List<TrainableTensor> tensors) {
        for (TrainableTensor tensor : tensors) {
            copy(ADAPTER + tensor.name(), tensor.values());
        }
    }

    /** Writes the moments into the optimiser of these tensors. */
    void copyMoments(List<TrainableTensor> tensors, AdamW optimizer) {
        for (int i = 0; i < tensors.size(); i++) {
            copy(EXP_AVG + tensors.get(i).name(), optimizer.expAvg().get(i));
            copy(EXP_AVG_SQ + tensors.get(i).name(), optimizer.expAvgSq().get(i));
        }
        optimizer.continueAfter(step);
    }

    private void copy(String name, float[] target) {
        MemorySegment data = file.raw(name).data();
        if (data.byteSize() != (long) target.length * Float.BYTES) {
            throw new ModelFormatException(
                    file.path(),
                    "the tensor %s has %d bytes, expected %d; resume with the adapter that it was made with"
                            .formatted(name, data.byteSize(), (long) target.length * Float.BYTES));
        }
        MemorySegment.copy(data, F32, 0, target, 0, target.length);
    }

    /** Unmaps the file. */
    @Override
    public void close() {
        file.close();
    }
}
