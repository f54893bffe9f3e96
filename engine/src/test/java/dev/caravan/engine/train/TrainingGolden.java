package dev.caravan.engine.train;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.PeftFolder;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.tensor.Tensor;
import dev.caravan.engine.train.dataset.PackedBatch;
import dev.caravan.engine.train.dataset.TrainingExample;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/** One of the cases under {@code golden/lora-training}, unpacked; its README says what they hold. */
record TrainingGolden(String name, Path folder, JsonObject json) {

    private static final String ARCHITECTURES = "architectures/";

    /** One step of the reference, before the optimiser's. */
    record Step(List<List<Integer>> microBatches, double learningRate, double loss, double gradNorm) {}

    /** Unpacks a case, and the model that it trains if that is one of {@code golden/architectures}. */
    static TrainingGolden unpack(String name, Path parent) {
        Path folder = parent.resolve(name);
        unzip("lora-training/%s.zip".formatted(name), folder);
        JsonObject json = JsonObject.read(folder.resolve("golden.json"));
        String base = json.string("base");
        if (base.startsWith(ARCHITECTURES)) {
            unzip(base + ".zip", folder.resolve("architecture"));
        }
        return new TrainingGolden(name, folder, json);
    }

    private static void unzip(String name, Path folder) {
        try (InputStream in = Files.newInputStream(Golden.path(name));
                ZipInputStream zip = new ZipInputStream(in, StandardCharsets.UTF_8)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = folder.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.write(file, zip.readAllBytes());
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The folders and GGUF files in which the same base lies. */
    List<Path> bases() {
        List<Path> bases = new ArrayList<>();
        for (String base : List.of("architecture", "architecture/model.gguf", "base", "base-quantized", "base.gguf")) {
            Path path = folder.resolve(base);
            if (Files.exists(path)) {
                bases.add(path);
            }
        }
        return bases;
    }

    /** How the reference quantised a base that does not lie there in its quantised form. */
    QuantizationConfig quantizationOnLoad(Path base) {
        if (!base.endsWith("base")) {
            return QuantizationConfig.NONE;
        }
        return switch (json.string("base")) {
            case "nf4" ->
                new QuantizationConfig(true, QuantizationConfig.QuantType.NF4, true, "float32", false, List.of());
            case "int8" ->
                new QuantizationConfig(false, QuantizationConfig.QuantType.NF4, false, "float32", true, List.of());
            default -> QuantizationConfig.NONE;
        };
    }

    /** The adapter before training, as PEFT saved it. */
    LoraAdapter adapter(Decoder decoder) {
        return PeftFolder.read(folder.resolve("adapter"), decoder);
    }

    /** All sequences of the case. */
    List<TrainingExample> sequences() {
        return json.objects("sequences").stream()
                .map(sequence -> example(integers(sequence, "tokens"), integers(sequence, "learned")))
                .toList();
    }

    private static TrainingExample example(List<Integer> tokens, List<Integer> learned) {
        BitSet mask = new BitSet();
        for (int t = 0; t < learned.size(); t++) {
            mask.set(t, learned.get(t) == 1);
        }
        return new TrainingExample(tokens.stream().mapToInt(Integer::intValue).toArray(), mask);
    }

    /** Some of the sequences in one batch. */
    PackedBatch packed(List<Integer> indices) {
        List<TrainingExample> all = sequences();
        return PackedBatch.of(indices.stream().map(all::get).toList());
    }

    /** The sequences of the gradients. */
    List<Integer> gradientSequences() {
        return integers(json, "gradient_sequences");
    }

    /** The sum of losses of each of them. */
    List<Double> gradientLosses() {
        return json.list("gradient_losses").orElseThrow().stream()
                .map(loss -> number(loss).doubleValue())
                .toList();
    }

    /** The settings by transformers' names. */
    JsonObject training() {
        return json.object("training").orElseThrow();
    }

    List<Step> steps() {
        return training().objects("steps").stream()
                .map(step -> new Step(
                        step.list("micro_batches").orElseThrow().stream()
                                .map(list -> integers((List<?>) Objects.requireNonNull(list)))
                                .toList(),
                        step.number("learning_rate"),
                        step.number("loss"),
                        step.number("grad_norm")))
                .toList();
    }

    private static List<Integer> integers(JsonObject object, String key) {
        return integers(object.list(key).orElseThrow());
    }

    private static List<Integer> integers(List<?> list) {
        return list.stream().map(number -> number(number).intValue()).toList();
    }

    private static Number number(@Nullable Object value) {
        return (Number) Objects.requireNonNull(value);
    }

    /** The gradients of the sum of the sequences' losses, by PEFT's names. */
    Map<String, float[]> gradients() {
        return tensors(folder.resolve("gradients.safetensors"));
    }

    /** The adapter after the last step, by PEFT's names. */
    Map<String, float[]> trained() {
        return tensors(folder.resolve("final.safetensors"));
    }

    /** An adapter's tensors by PEFT's names and in transformers' order of rows, as they are written to a file. */
    Map<String, float[]> written(LoraAdapter adapter, Decoder decoder) {
        Path target = folder.resolve("written");
        PeftFolder.write(target, adapter, decoder);
        return tensors(target.resolve("adapter_model.safetensors"));
    }

    private static Map<String, float[]> tensors(Path path) {
        Map<String, float[]> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            for (String name : file.tensorNames()) {
                Tensor tensor = file.tensor(name);
                float[] values =
                        tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
                tensors.put(name, values);
            }
        }
        return tensors;
    }

    /** {@code |actual - expected| / |expected|} in the Euclidean norm. */
    static double relativeDistance(float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            throw new IllegalArgumentException("%d values, expected %d".formatted(actual.length, expected.length));
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double distance = (double) actual[i] - expected[i];
            difference += distance * distance;
            norm += (double) expected[i] * expected[i];
        }
        return Math.sqrt(difference / norm);
    }
}
