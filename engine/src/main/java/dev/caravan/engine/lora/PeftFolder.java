package dev.caravan.engine.lora;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.AtomicFile;
import dev.caravan.engine.format.AtomicFolder;
import dev.caravan.engine.format.json.JsonObject;
import dev.caravan.engine.format.json.JsonText;
import dev.caravan.engine.format.safetensors.SafetensorsFile;
import dev.caravan.engine.format.safetensors.SafetensorsType;
import dev.caravan.engine.format.safetensors.SafetensorsWriter;
import dev.caravan.engine.layer.Projection;
import dev.caravan.engine.model.Decoder;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An adapter as PEFT saves it: a folder with {@code adapter_config.json} and {@code adapter_model.safetensors}. Rows are in
 * transformers' order there, whatever the base's file. The hash of the base stands in the metadata of the safetensors,
 * which PEFT does not look at.
 */
public final class PeftFolder {

    static final String CONFIG = "adapter_config.json";
    static final String WEIGHTS = "adapter_model.safetensors";

    private static final String PICKLE = "adapter_model.bin";
    private static final String BASE_HASH = "base_sha256";
    private static final long MAX_CONFIG_BYTES = 4L << 20;
    private static final String USUAL_PREFIX = "model.";

    private PeftFolder() {}

    /** Whether a folder holds an adapter. */
    public static boolean isAdapter(Path folder) {
        return Files.isRegularFile(folder.resolve(CONFIG));
    }

    /**
     * Reads an adapter of a base whose hash is not known: it must fit by its shapes.
     *
     * @throws ModelFormatException if there is none, it is damaged, of a kind that the engine does not have, or of
     *     another base
     */
    public static LoraAdapter read(Path folder, Decoder base) {
        return read(folder, base, "");
    }

    /**
     * Reads an adapter.
     *
     * @param baseHash SHA-256 in hex of the base's weight files, or empty where it is not known
     * @throws ModelFormatException if there is none, it is damaged, of a kind that the engine does not have, or of
     *     another base
     */
    public static LoraAdapter read(Path folder, Decoder base, String baseHash) {
        requireFiles(folder);
        JsonObject json = JsonObject.read(folder.resolve(CONFIG), MAX_CONFIG_BYTES, Map.of());
        LoraConfig config = LoraConfigJson.read(json);
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(WEIGHTS))) {
            String trainedOn = file.metadata().getOrDefault(BASE_HASH, "");
            AdapterTensors.requireBase(file.path(), trainedOn, baseHash);
            return new Reader(file, config, base).read(trainedOn);
        } catch (IllegalArgumentException senseless) {
            throw new ModelFormatException(json.file(), String.valueOf(senseless.getMessage()), senseless);
        }
    }

    private static void requireFiles(Path folder) {
        if (!isAdapter(folder)) {
            throw new ModelFormatException(
                    folder, "there is no %s in it; give the folder of a PEFT adapter".formatted(CONFIG));
        }
        if (!Files.isRegularFile(folder.resolve(WEIGHTS))) {
            throw new ModelFormatException(
                    folder,
                    Files.exists(folder.resolve(PICKLE))
                            ? "%s is a pickle, which can run code and is not read; save the adapter with safe_serialization=True"
                                    .formatted(PICKLE)
                            : "there is no %s in it; take the adapter's whole folder".formatted(WEIGHTS));
        }
    }

    /** Reads the tensors of one file. */
    private static final class Reader {
        private final SafetensorsFile file;
        private final LoraConfig config;
        private final BaseRows rows;
        private final Map<String, LinearShape> layers = new LinkedHashMap<>();
        private final Map<String, String> names = new LinkedHashMap<>();
        private String prefix = USUAL_PREFIX;

        Reader(SafetensorsFile file, LoraConfig config, Decoder base) {
            this.file = file;
            this.config = config;
            this.rows = BaseRows.of(base);
            for (LinearShape layer : LinearShape.of(base)) {
                layers.put(layer.name(), layer);
            }
        }

        LoraAdapter read(String trainedOn) {
            nameTensors();
            List<LinearShape> all = List.copyOf(layers.values());
            List<LoraModule> modules = new ArrayList<>();
            Map<String, ModuleConfigs.Strength> strengths = new LinkedHashMap<>();
            Set<String> unread = new LinkedHashSet<>(names.keySet());
            TargetLayers.requireSupported(config);
            for (LinearShape layer : all) {
                String nameInFile = prefix + layer.name().substring(USUAL_PREFIX.length());
                if (config.targets(nameInFile)) {
                    LoraModule module = module(layer, nameInFile);
                    modules.add(module);
                    strengths.put(layer.name(), new ModuleConfigs.Strength(module.r(), config.alpha(nameInFile)));
                    unread.remove(key(layer, true));
                    unread.remove(key(layer, false));
                }
            }
            if (!unread.isEmpty()) {
                throw refused(
                        "the tensor %s belongs to no layer that target_modules means in this base; load the base that the adapter was trained on"
                                .formatted(names.get(unread.iterator().next())));
            }
            boolean isUsual = prefix.equals(USUAL_PREFIX) || modules.isEmpty();
            return new LoraAdapter(isUsual ? config : ModuleConfigs.of(config, strengths, all), modules, trainedOn);
        }

        /** Finds out what each tensor is; all must be of one wrapped model. */
        private void nameTensors() {
            String first = "";
            for (String name : file.tensorNames()) {
                PeftNames parsed = PeftNames.parse(name)
                        .orElseThrow(() -> refused(
                                "the tensor %s is no lora_A or lora_B of a decoder's linear layer; train the adapter on q_proj, v_proj or other layers of the blocks only"
                                        .formatted(shown(name))));
                if (first.isEmpty()) {
                    first = name;
                    prefix = parsed.prefix();
                }
                String key = key(parsed.layer(), parsed.projection(), parsed.isA());
                String other = names.putIfAbsent(key, name);
                if (other != null || !prefix.equals(parsed.prefix())) {
                    throw refused("the tensors %s and %s cannot be in one adapter; save it again with PEFT"
                            .formatted(other == null ? first : other, name));
                }
            }
        }

        private LoraModule module(LinearShape layer, String nameInFile) {
            int r = config.rank(nameInFile);
            float[] a = values(layer, true, r, layer.inputs());
            float[] b = values(layer, false, layer.outputs(), r);
            return new LoraModule(
                    layer.name(),
                    layer.inputs(),
                    layer.outputs(),
                    r,
                    config.scaling(nameInFile),
                    a,
                    rows.fromFile(layer.projection(), false, b, r));
        }

        private float[] values(LinearShape layer, boolean isA, int rowCount, int columns) {
            String name = names.get(key(layer, isA));
            if (name == null) {
                throw refused(
                        "the tensor %s is missing; take the adapter's whole folder, and the base that it was trained on"
                                .formatted(PeftNames.inFile(layer.name(), isA)));
            }
            return AdapterTensors.read(file.path(), file.tensor(name), rowCount, columns);
        }

        private static String key(LinearShape layer, boolean isA) {
            return key(layer.layer(), layer.projection(), isA);
        }

        private static String key(int layer, Projection projection, boolean isA) {
            return layer + " " + projection + " " + isA;
        }

        private ModelFormatException refused(String problem) {
            return new ModelFormatException(file.path(), problem);
        }

        private static String shown(String name) {
            String printable = name.replaceAll("\\p{Cntrl}", "?");
            return printable.length() > 120 ? printable.substring(0, 120) + "…" : printable;
        }
    }

    /**
     * Writes an adapter, whole or not at all; an adapter of that name is replaced.
     *
     * @param folder its parent must exist
     * @param base the base that the adapter belongs to
     * @throws IllegalArgumentException if the folder is there and holds something else
     * @throws UncheckedIOException if the system cannot write
     */
    public static void write(Path folder, LoraAdapter adapter, Decoder base) {
        if (Files.exists(folder) && !isAdapter(folder)) {
            throw new IllegalArgumentException(
                    "%s is there and holds no adapter, so it is not replaced; choose another folder".formatted(folder));
        }
        List<LinearShape> layers = LinearShape.of(base);
        BaseRows rows = BaseRows.of(base);
        Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
        if (!adapter.baseHash().isEmpty()) {
            metadata.put(BASE_HASH, adapter.baseHash());
        }
        SafetensorsWriter writer = new SafetensorsWriter(metadata);
        for (LinearShape layer : layers) {
            adapter.module(layer.name()).ifPresent(module -> {
                float[] b = rows.toFile(layer.projection(), false, module.b(), module.r());
                add(writer, module, true, new long[] {module.r(), module.inputs()}, module.a());
                add(writer, module, false, new long[] {module.outputs(), module.r()}, b);
            });
        }
        try (AtomicFolder unfinished = AtomicFolder.create(folder)) {
            writer.writeFile(unfinished.path().resolve(WEIGHTS));
            AtomicFile.write(
                    unfinished.path().resolve(CONFIG),
                    JsonText.indented(config(adapter, layers)).getBytes(StandardCharsets.UTF_8));
            unfinished.commit();
        }
    }

    private static void add(SafetensorsWriter writer, LoraModule module, boolean isA, long[] shape, float[] values) {
        writer.add(PeftNames.inFile(module.name(), isA), SafetensorsType.F32, shape, AdapterTensors.f32(values));
    }

    /** With the layers' names instead of {@code all-linear}: PEFT too writes down what the word meant. */
    private static Map<String, @Nullable Object> config(LoraAdapter adapter, List<LinearShape> layers) {
        LoraConfig config = adapter.config();
        if (config.targetModules() instanceof ModuleFilter.AllLinear) {
            Set<String> names = new LinkedHashSet<>();
            adapter.modules().forEach(module -> names.add(module.name()));
            config = config.toBuilder()
                    .targetModules(ModuleConfigs.filter(names, layers))
                    .excludeModules(ModuleFilter.none())
                    .build();
        }
        return LoraConfigJson.values(config);
    }
}
