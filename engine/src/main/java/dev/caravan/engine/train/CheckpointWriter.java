package dev.caravan.engine.train;

import dev.caravan.engine.format.safetensors.SafetensorsType;
import dev.caravan.engine.format.safetensors.SafetensorsWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Writes a {@link TrainingCheckpoint}: a temporary file, brought to the disk, then renamed. */
final class CheckpointWriter {
    private static final int CHUNK_BYTES = 1 << 16;

    /** The numbers of one tensor as they lie in memory: little-endian, as on every machine with a vector unit. */
    @SuppressWarnings("ArrayRecordComponent") // lives for one writing
    private record Part(String name, SafetensorsType type, long[] shape, MemorySegment numbers) {

        /** Gives the bytes piece by piece; a piece is valid until the next one. */
        void forEachChunk(Consumer<MemorySegment> sink) {
            MemorySegment chunk = MemorySegment.ofArray(new byte[CHUNK_BYTES]);
            for (long from = 0; from < numbers.byteSize(); from += CHUNK_BYTES) {
                MemorySegment piece = chunk.asSlice(0, Math.min(CHUNK_BYTES, numbers.byteSize() - from));
                MemorySegment.copy(numbers, from, piece, 0, piece.byteSize());
                sink.accept(piece);
            }
        }
    }

    private final List<TrainableTensor> tensors;
    private final AdamW optimizer;
    private final TrainingIdentity identity;
    private final int steps;

    /** @param steps of the whole training */
    CheckpointWriter(List<TrainableTensor> tensors, AdamW optimizer, TrainingIdentity identity, int steps) {
        this.tensors = tensors;
        this.optimizer = optimizer;
        this.identity = identity;
        this.steps = steps;
    }

    /** The bytes of all tensors but the history's. */
    long tensorBytes() {
        return 3L
                * Float.BYTES
                * tensors.stream().mapToLong(TrainableTensor::size).sum();
    }

    /**
     * Writes the training as it is now.
     *
     * @throws java.io.UncheckedIOException if the system cannot write; the file is then as before
     */
    void write(Path file, TrainingHistory history) {
        List<Part> parts = parts(history);
        SafetensorsWriter writer = new SafetensorsWriter(metadata(history, checksum(parts)));
        for (Part part : parts) {
            writer.add(part.name, part.type, part.shape, target -> part.forEachChunk(target::put));
        }
        writer.writeFile(file);
    }

    private List<Part> parts(TrainingHistory history) {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            TrainableTensor tensor = tensors.get(i);
            parts.add(part(TrainingCheckpoint.ADAPTER, tensor, tensor.values()));
            parts.add(
                    part(TrainingCheckpoint.EXP_AVG, tensor, optimizer.expAvg().get(i)));
            parts.add(part(
                    TrainingCheckpoint.EXP_AVG_SQ, tensor, optimizer.expAvgSq().get(i)));
        }
        double[] losses = HistoryTensors.steps(history);
        double[] heldOut = HistoryTensors.evaluations(history);
        parts.add(history(HistoryTensors.STEPS, losses, HistoryTensors.STEP_COLUMNS));
        parts.add(history(HistoryTensors.EVALUATIONS, heldOut, HistoryTensors.EVALUATION_COLUMNS));
        // The order of a safetensors file, in which the checksum is taken when it is read.
        parts.sort(Comparator.comparing(Part::type).reversed().thenComparing(Part::name));
        return parts;
    }

    private static Part part(String prefix, TrainableTensor tensor, float[] values) {
        return new Part(prefix + tensor.name(), SafetensorsType.F32, tensor.shape(), MemorySegment.ofArray(values));
    }

    private static Part history(String name, double[] values, int columns) {
        return new Part(
                name,
                SafetensorsType.F64,
                new long[] {values.length / columns, columns},
                MemorySegment.ofArray(values));
    }

    private static String checksum(List<Part> parts) {
        TrainingHash hash = new TrainingHash();
        parts.forEach(part -> part.forEachChunk(chunk -> hash.add(chunk.asByteBuffer())));
        return hash.hex();
    }

    private Map<String, String> metadata(TrainingHistory history, String checksum) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(TrainingCheckpoint.FORMAT_KEY, TrainingCheckpoint.FORMAT);
        metadata.put(TrainingCheckpoint.STEP_KEY, String.valueOf(history.step()));
        metadata.put(TrainingCheckpoint.STEPS_KEY, String.valueOf(steps));
        metadata.put(TrainingCheckpoint.CHECKSUM_KEY, checksum);
        identity.values().forEach((name, value) -> metadata.put(TrainingCheckpoint.IDENTITY_PREFIX + name, value));
        return metadata;
    }
}
