package dev.caravan.engine.lora;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufFile;
import dev.caravan.engine.format.gguf.GgufMetadata;
import dev.caravan.engine.format.gguf.GgufNames;
import dev.caravan.engine.format.gguf.GgufValue;
import dev.caravan.engine.format.gguf.GgufWriter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.tensor.DType;
import dev.caravan.engine.tensor.Tensor;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An adapter as llama.cpp reads it: {@code blk.0.attn_q.weight.lora_a [r, inputs]} and {@code .lora_b [outputs, r]}, and
 * one alpha for all. For llama the rows of q and k are in GGUF's order. The scaling is {@code alpha / r} with each
 * matrix's own r; what an adapter has beyond that (rslora, patterns) is multiplied into its B. Source: llama.cpp's
 * {@code convert_lora_to_gguf.py} and {@code src/llama-adapter.cpp}.
 */
public final class GgufAdapter {

    private static final String ARCHITECTURE = "general.architecture";
    private static final String TYPE = "general.type";
    private static final String ADAPTER = "adapter";
    private static final String ADAPTER_TYPE = "adapter.type";
    private static final String LORA = "lora";
    private static final String ALPHA = "adapter.lora.alpha";
    private static final String ACTIVATED = "adapter.alora.invocation_tokens";
    private static final String BASE_HASH = "adapter.base_sha256";
    private static final String A = ".lora_a";
    private static final String B = ".lora_b";
    private static final String LLAMA = "llama";

    private GgufAdapter() {}

    /** GGUF's name of a base's architecture. */
    private static String architecture(Decoder base) {
        String architecture = base.config().architecture();
        return architecture.equals("mistral") ? LLAMA : architecture;
    }

    private static String nameInFile(GgufNames names, LinearShape layer) {
        return names.inFile(layer.name() + ".weight");
    }

    /**
     * Writes an adapter in F32, whole or not at all; a file of that name is replaced.
     *
     * @param file ends in {@code .gguf}; its folder must exist
     * @param base the base that the adapter belongs to
     * @throws UncheckedIOException if the system cannot write
     */
    public static void write(Path file, LoraAdapter adapter, Decoder base) {
        String architecture = architecture(base);
        GgufNames names = GgufNames.ofArchitecture(architecture);
        BaseRows rows = BaseRows.of(base);
        LoraModule first = adapter.modules().getFirst();
        // llama.cpp takes an alpha of 0 for "do not divide by r", so a scaling of 0 goes into B as well.
        float alpha = first.scaling() == 0 ? first.r() : first.scaling() * first.r();
        GgufWriter writer = new GgufWriter()
                .put(ARCHITECTURE, GgufValue.string(architecture))
                .put(TYPE, GgufValue.string(ADAPTER))
                .put(ADAPTER_TYPE, GgufValue.string(LORA))
                .put(ALPHA, GgufValue.float32(alpha))
                .put("general.file_type", GgufValue.uint32(0));
        if (!adapter.baseHash().isEmpty()) {
            writer.put(BASE_HASH, GgufValue.string(adapter.baseHash()));
        }
        for (LinearShape layer : LinearShape.of(base)) {
            adapter.module(layer.name()).ifPresent(module -> {
                String name = nameInFile(names, layer);
                float[] b = rows.toFile(layer.projection(), architecture.equals(LLAMA), module.b(), module.r());
                float factor = module.scaling() * module.r() / alpha;
                long[] shapeA = {module.r(), module.inputs()};
                long[] shapeB = {module.outputs(), module.r()};
                writer.add(name + A, DType.F32, shapeA, AdapterTensors.f32(module.a()));
                writer.add(name + B, DType.F32, shapeB, AdapterTensors.f32(multiplied(b, factor)));
            });
        }
        writer.writeFile(file);
    }

    private static float[] multiplied(float[] values, float factor) {
        if (factor == 1) {
            return values;
        }
        float[] product = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            product[i] = values[i] * factor;
        }
        return product;
    }

    /**
     * Reads an adapter.
     *
     * @param baseHash SHA-256 in hex of the base's weight files, or empty where it is not known
     * @throws ModelFormatException if there is none, it is damaged, of a kind that the engine does not have, or of
     *     another base
     */
    public static LoraAdapter read(Path path, Decoder base, String baseHash) {
        try (GgufFile file = GgufFile.open(path)) {
            requireAdapter(file.metadata(), architecture(base));
            String trainedOn = file.metadata().string(BASE_HASH, "");
            AdapterTensors.requireBase(path, trainedOn, baseHash);
            return read(file, base, trainedOn);
        }
    }

    private static void requireAdapter(GgufMetadata metadata, String architecture) {
        if (!metadata.string(TYPE, "").equals(ADAPTER)
                || !metadata.string(ADAPTER_TYPE, "").equals(LORA)) {
            throw metadata.refused("this is no LoRA adapter (general.type is \"%s\"); give the adapter's file"
                    .formatted(metadata.string(TYPE, "model")));
        }
        if (metadata.contains(ACTIVATED)) {
            throw metadata.refused(
                    "the key %s asks for an activated LoRA, which Caravan does not have; train the adapter without it"
                            .formatted(ACTIVATED));
        }
        String trained = metadata.string(ARCHITECTURE);
        if (!trained.equals(architecture)) {
            throw metadata.refused(
                    "the adapter is for the architecture %s, this base is %s; load the base that it was trained on"
                            .formatted(trained, architecture));
        }
    }

    private static LoraAdapter read(GgufFile file, Decoder base, String trainedOn) {
        GgufNames names = GgufNames.ofArchitecture(architecture(base));
        BaseRows rows = BaseRows.of(base);
        float alpha = file.metadata().floatValue(ALPHA, 0);
        if (!Float.isFinite(alpha)) {
            throw file.metadata().refused("the key %s holds %s; take another build of it".formatted(ALPHA, alpha));
        }
        Set<String> unread = new LinkedHashSet<>(file.tensorNames());
        List<LinearShape> layers = LinearShape.of(base);
        List<LoraModule> modules = new ArrayList<>();
        Map<String, ModuleConfigs.Strength> strengths = new LinkedHashMap<>();
        for (LinearShape layer : layers) {
            String name = nameInFile(names, layer);
            if (unread.removeAll(Set.of(name + A, name + B))) {
                LoraModule module = module(file, layer, name, alpha, rows);
                modules.add(module);
                double ownAlpha = alpha == 0 ? module.r() : alpha;
                strengths.put(layer.name(), new ModuleConfigs.Strength(module.r(), ownAlpha));
            }
        }
        if (!unread.isEmpty()) {
            throw file.metadata()
                    .refused(
                            "the tensor %s belongs to no linear layer of this base's blocks; load the base that the adapter was trained on"
                                    .formatted(unread.iterator().next()));
        }
        if (modules.isEmpty()) {
            throw file.metadata().refused("there is no tensor in it; take another build of the adapter");
        }
        LoraConfig config = ModuleConfigs.of(LoraConfig.of(1, 1), strengths, layers);
        return new LoraAdapter(config, modules, trainedOn);
    }

    private static LoraModule module(GgufFile file, LinearShape layer, String name, float alpha, BaseRows rows) {
        Tensor a = tensor(file, name + A);
        Tensor b = tensor(file, name + B);
        int r = (int) Math.min(a.shape()[0], LoraConfig.MAX_RANK + 1L);
        if (r < 1 || r > LoraConfig.MAX_RANK) {
            throw file.metadata()
                    .refused("the tensor %s has the rank %d, 1 to %d are possible; take another build of the adapter"
                            .formatted(a.name(), a.shape()[0], LoraConfig.MAX_RANK));
        }
        return new LoraModule(
                layer.name(),
                layer.inputs(),
                layer.outputs(),
                r,
                alpha == 0 ? 1 : alpha / r,
                AdapterTensors.read(file.path(), a, r, layer.inputs()),
                rows.fromFile(
                        layer.projection(),
                        file.metadata().string(ARCHITECTURE).equals(LLAMA),
                        AdapterTensors.read(file.path(), b, layer.outputs(), r),
                        r));
    }

    private static Tensor tensor(GgufFile file, String name) {
        return file.findTensor(name)
                .orElseThrow(() -> file.metadata()
                        .refused("the tensor %s is missing; take a complete build of the adapter".formatted(name)));
    }
}
