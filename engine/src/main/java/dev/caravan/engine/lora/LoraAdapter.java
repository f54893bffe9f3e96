package dev.caravan.engine.lora;

import dev.caravan.engine.model.Decoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A low-rank adapter of a base model: small matrices beside some of its linear layers. The set of modules never changes;
 * their arrays are what training writes. Whoever serves an adapter must not train it at the same time.
 */
public final class LoraAdapter {

    private static final int CHUNK_VALUES = 1 << 14;

    private final LoraConfig config;
    private final Map<String, LoraModule> modules;
    private final String baseHash;

    /**
     * Puts together an adapter of finished modules, whose arrays it shares.
     *
     * @param modules sorted as in the model: by layer, then q, k, v, o, gate, up, down
     * @param baseHash SHA-256 in hex of the base's weight files that it was trained on, or empty where it is not known
     * @throws IllegalArgumentException if there is none, or one is there twice
     */
    public LoraAdapter(LoraConfig config, List<LoraModule> modules, String baseHash) {
        if (modules.isEmpty()) {
            throw new IllegalArgumentException("an adapter needs at least one module; check target_modules");
        }
        Map<String, LoraModule> byName = new LinkedHashMap<>();
        for (LoraModule module : modules) {
            if (byName.putIfAbsent(module.name(), module) != null) {
                throw new IllegalArgumentException("the module %s is there twice".formatted(module.name()));
            }
        }
        this.config = config;
        this.modules = Collections.unmodifiableMap(byName);
        this.baseHash = baseHash;
    }

    /**
     * An adapter that changes nothing yet: A uniform in {@code ±1/sqrt(inputs)}, as PEFT's kaiming_uniform with {@code a =
     * sqrt(5)} gives, and B zero. The same seed gives the same bits on every machine.
     *
     * @throws IllegalArgumentException if the configuration means no layer of the base, or one that cannot have an
     *     adapter
     */
    public static LoraAdapter initial(LoraConfig config, Decoder base, long seed) {
        return initial(config, LinearShape.of(base), seed);
    }

    static LoraAdapter initial(LoraConfig config, List<LinearShape> layers, long seed) {
        SplitMix64 random = new SplitMix64(seed);
        List<LoraModule> modules = new ArrayList<>();
        for (LinearShape layer : TargetLayers.of(config, layers)) {
            int r = config.rank(layer.name());
            float[] a = new float[Math.multiplyExact(r, layer.inputs())];
            float bound = (float) (1 / Math.sqrt(layer.inputs()));
            for (int i = 0; i < a.length; i++) {
                a[i] = random.uniform(bound);
            }
            float[] b = new float[Math.multiplyExact(layer.outputs(), r)];
            modules.add(new LoraModule(
                    layer.name(), layer.inputs(), layer.outputs(), r, config.scaling(layer.name()), a, b));
        }
        return new LoraAdapter(config, modules, "");
    }

    public LoraConfig config() {
        return config;
    }

    /** In the order of the model. */
    public List<LoraModule> modules() {
        return List.copyOf(modules.values());
    }

    /**
     * The adapter of a layer, empty where it has none.
     *
     * @param name the layer's as in the checkpoint, without {@code .weight}
     */
    public Optional<LoraModule> module(String name) {
        return Optional.ofNullable(modules.get(name));
    }

    /** SHA-256 in hex of the base's weight files, or the empty string where it is not known. */
    public String baseHash() {
        return baseHash;
    }

    /** The same adapter, its arrays included, with the hash of the base that it belongs to. */
    public LoraAdapter withBaseHash(String hash) {
        return new LoraAdapter(config, List.copyOf(modules.values()), hash);
    }

    /** The number of parameters of all modules. */
    public long parameters() {
        return modules.values().stream().mapToLong(LoraModule::parameters).sum();
    }

    /**
     * SHA-256 in hex of what the adapter does: each module's name, sizes, scaling and values as they are now. How they
     * were trained and where the base lies do not count, so that the same adapter has the same hash on every machine.
     */
    public String hash() {
        MessageDigest digest = sha256();
        for (LoraModule module : modules.values()) {
            digest.update("%s %d %d %d %s\n"
                    .formatted(module.name(), module.outputs(), module.inputs(), module.r(), module.scaling())
                    .getBytes(StandardCharsets.UTF_8));
            update(digest, module.a());
            update(digest, module.b());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(CHUNK_VALUES * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int start = 0; start < values.length; start += CHUNK_VALUES) {
            int count = Math.min(CHUNK_VALUES, values.length - start);
            bytes.clear();
            bytes.asFloatBuffer().put(values, start, count);
            digest.update(bytes.limit(count * Float.BYTES));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    @Override
    public String toString() {
        return "LoraAdapter[r=%d, modules=%d]".formatted(config.r(), modules.size());
    }
}
