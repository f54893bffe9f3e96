package dev.caravan.engine.format.safetensors;

import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.TensorContent;
import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Collects tensors and writes them as one safetensors file, or as several with an index. The layout is the reference's:
 * tensors of wider numbers first and then by name, so that each lies at a multiple of its number's width, and a header
 * filled with spaces to a multiple of 8. Files appear whole or not at all. For one thread.
 */
public final class SafetensorsWriter {

    /** A tensor that will be written. */
    @SuppressWarnings("ArrayRecordComponent") // copied when it is added, never written
    private record Entry(String name, SafetensorsType type, long[] shape, long bytes, TensorContent content) {}

    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int HEADER_ALIGNMENT = 8;
    private static final String METADATA = "__metadata__";
    private static final Comparator<Entry> REFERENCE_ORDER =
            Comparator.comparing(Entry::type).reversed().thenComparing(Entry::name);

    private final Map<String, String> metadata;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** With the metadata that transformers asks for: {@code {"format": "pt"}}. */
    public SafetensorsWriter() {
        this(Map.of("format", "pt"));
    }

    /** With these texts as {@code __metadata__}; none is written where there are none. */
    public SafetensorsWriter(Map<String, String> metadata) {
        this.metadata = new TreeMap<>(metadata);
    }

    /**
     * Adds a tensor.
     *
     * @param shape outermost first
     * @param content gives exactly the bytes that type and shape take
     * @throws IllegalArgumentException if there is one of that name, or the numbers do not fill whole bytes
     */
    public SafetensorsWriter add(String name, SafetensorsType type, long[] shape, TensorContent content) {
        long bits = type.bits();
        for (long extent : shape) {
            bits = Math.multiplyExact(bits, extent);
        }
        if (name.isEmpty() || name.equals(METADATA) || bits < 0 || bits % 8 != 0) {
            throw new IllegalArgumentException("no tensor can have the name \"%s\" and %d bits".formatted(name, bits));
        }
        if (entries.putIfAbsent(name, new Entry(name, type, shape.clone(), bits / 8, content)) != null) {
            throw new IllegalArgumentException("the tensor %s was added before".formatted(name));
        }
        return this;
    }

    /**
     * Adds weights as they are.
     *
     * @throws IllegalArgumentException if they are not F32, F16 or BF16; for bitsandbytes' types see {@link
     *     BitsandbytesParts}
     */
    public SafetensorsWriter add(Tensor tensor) {
        SafetensorsType type = SafetensorsType.of(tensor.dtype())
                .orElseThrow(() -> new IllegalArgumentException("the tensor %s is %s, which safetensors does not have"
                        .formatted(tensor.name(), tensor.dtype())));
        return add(tensor.name(), type, tensor.shape(), TensorContent.of(tensor.data()));
    }

    /** The bytes of all tensors that were added. */
    public long tensorBytes() {
        return entries.values().stream().mapToLong(Entry::bytes).sum();
    }

    /**
     * Writes all tensors to one file; one of that name is replaced.
     *
     * @throws UncheckedIOException if the system cannot write
     */
    public void writeFile(Path file) {
        write(file, List.copyOf(entries.values()));
    }

    /**
     * Writes a model's weights into its folder: {@code model.safetensors}, or, where they take more than
     * {@code maxShardBytes}, shards in the order of adding and {@code model.safetensors.index.json}. The index comes last.
     *
     * @param folder exists and holds no weights yet: a file of another time would be taken for a part of the model
     * @return the files with tensors
     * @throws IllegalArgumentException if the folder holds weights
     * @throws UncheckedIOException if the system cannot write
     */
    public List<Path> writeFolder(Path folder, long maxShardBytes) {
        requireNoWeights(folder);
        List<List<Entry>> shards = shards(maxShardBytes);
        if (shards.size() <= 1) {
            Path single = folder.resolve("model.safetensors");
            writeFile(single);
            return List.of(single);
        }
        List<Path> files = new ArrayList<>();
        Map<String, String> weightMap = new TreeMap<>();
        for (List<Entry> shard : shards) {
            String name = "model-%05d-of-%05d.safetensors".formatted(files.size() + 1, shards.size());
            Path file = folder.resolve(name);
            write(file, shard);
            shard.forEach(entry -> weightMap.put(entry.name, name));
            files.add(file);
        }
        Map<String, Object> index = new LinkedHashMap<>();
        index.put("metadata", Map.of("total_size", tensorBytes()));
        index.put("weight_map", weightMap);
        AtomicFile.write(
                folder.resolve("model" + ShardIndex.SUFFIX),
                JsonText.indented(index).getBytes(StandardCharsets.UTF_8));
        return files;
    }

    private static void requireNoWeights(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".safetensors") || name.endsWith(ShardIndex.SUFFIX))
                    .findFirst()
                    .ifPresent(name -> {
                        throw new IllegalArgumentException(
                                "the folder %s already holds %s; choose an empty folder".formatted(folder, name));
                    });
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot list " + folder, failure);
        }
    }

    /** Fills shards in the order of adding; a tensor above the limit has one to itself. */
    private List<List<Entry>> shards(long maxShardBytes) {
        List<List<Entry>> shards = new ArrayList<>();
        List<Entry> shard = new ArrayList<>();
        long bytes = 0;
        for (Entry entry : entries.values()) {
            if (!shard.isEmpty() && bytes + entry.bytes > maxShardBytes) {
                shards.add(shard);
                shard = new ArrayList<>();
                bytes = 0;
            }
            shard.add(entry);
            bytes += entry.bytes;
        }
        shards.add(shard);
        return shards;
    }

    private void write(Path path, List<Entry> shard) {
        List<Entry> ordered = shard.stream().sorted(REFERENCE_ORDER).toList();
        try (AtomicFile file = AtomicFile.create(path)) {
            byte[] header = header(ordered);
            MemorySegment length = MemorySegment.ofArray(new byte[Long.BYTES]);
            length.set(U64, 0, header.length);
            file.put(length);
            file.put(MemorySegment.ofArray(header));
            for (Entry entry : ordered) {
                long start = file.position();
                entry.content.writeTo(file);
                if (file.position() - start != entry.bytes) {
                    throw new IllegalStateException("the tensor %s gave %d bytes, expected %d"
                            .formatted(entry.name, file.position() - start, entry.bytes));
                }
            }
            file.commit();
        }
    }

    private byte[] header(List<Entry> ordered) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put(METADATA, metadata);
        }
        long begin = 0;
        for (Entry entry : ordered) {
            Map<String, Object> tensor = new LinkedHashMap<>();
            tensor.put("dtype", entry.type.name());
            tensor.put("shape", Arrays.stream(entry.shape).boxed().toList());
            tensor.put("data_offsets", List.of(begin, begin + entry.bytes));
            header.put(entry.name, tensor);
            begin += entry.bytes;
        }
        byte[] json = JsonText.compact(header).getBytes(StandardCharsets.UTF_8);
        if (json.length > SafetensorsHeader.MAX_HEADER_BYTES || ordered.size() > HeaderParser.MAX_TENSORS) {
            throw new IllegalArgumentException(
                    "%d tensors are too many for one file; write shards".formatted(ordered.size()));
        }
        int padded = Math.ceilDiv(json.length, HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
        byte[] filled = Arrays.copyOf(json, padded);
        Arrays.fill(filled, json.length, padded, (byte) ' ');
        return filled;
    }
}
