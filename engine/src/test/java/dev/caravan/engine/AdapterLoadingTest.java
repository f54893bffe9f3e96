package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.LoraConfig;
import dev.caravan.engine.lora.LoraFiles;
import dev.caravan.engine.lora.LoraModule;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.model.TinyDecoder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters from files into a model's service and out of it, on the tiny random models. */
@Timeout(60)
class AdapterLoadingTest {
    private static final LoadOptions OPTIONS = new LoadOptions(1, 256, 100_000_000);
    private static final int[] PROMPT = {5, 17, 200, 31, 8, 90, 14};

    @TempDir
    private Path folder;

    private static LanguageModel model(String family) {
        return LanguageModels.load(Golden.path("tiny-models/" + family + ".gguf"), OPTIONS);
    }

    private static Generation generate(LanguageModel model, UnaryOperator<GenerationRequest> with) {
        GenerationRequest request =
                new GenerationRequest(PROMPT, SamplingParameters.GREEDY, 40, List.of(), () -> false);
        return model.generate(with.apply(request), text -> {});
    }

    /** An adapter as if it was trained. */
    private Path write(String family, String name, long seed, String baseHash) {
        Path path = folder.resolve(name);
        TinyDecoder.use(family, decoder -> {
            LoraAdapter adapter = LoraAdapter.initial(LoraConfig.of(4, 8), decoder, seed);
            SplittableRandom random = new SplittableRandom(seed);
            for (LoraModule module : adapter.modules()) {
                for (int i = 0; i < module.b().length; i++) {
                    module.b()[i] = (float) random.nextDouble(-0.5, 0.5);
                }
            }
            LoraFiles.write(path, adapter.withBaseHash(baseHash), decoder);
        });
        return path;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "gemma3"})
    void foldersAndGgufFilesAreServedBesideTheBase(String family) {
        try (LanguageModel model = model(family)) {
            String base = generate(model, request -> request).text();
            Path file = write(family, "lively.gguf", 1, "");
            try (ServedAdapter first = model.loadAdapter(write(family, "lively", 1, ""));
                    ServedAdapter same = model.loadAdapter(file);
                    ServedAdapter other = model.loadAdapter(write(family, "quiet", 2, ""))) {
                assertThat(first.name()).isEqualTo("lively");
                assertThat(first.bytes()).isPositive();
                assertThat(first.hash()).matches("[0-9a-f]{64}").isNotEqualTo(other.hash());
                String changed = generate(model, request -> request.withAdapter(first, 1))
                        .text();
                assertThat(changed).isNotEqualTo(base);
                assertThat(generate(model, request -> request.withAdapter(same, 1))
                                .text())
                        .isEqualTo(changed);
                assertThat(generate(model, request -> request.withAdapter(other, 1))
                                .text())
                        .isNotEqualTo(changed)
                        .isNotEqualTo(base);
                assertThat(generate(model, request -> request.withAdapter(first, 0))
                                .text())
                        .isEqualTo(base);
                assertThat(generate(model, request -> request).text()).isEqualTo(base);
            }
        }
    }

    @Test
    void anAdapterKnowsItsBaseByItsHash() {
        try (LanguageModel model = model("llama")) {
            while (model.weightHash().isEmpty()) {
                Thread.onSpinWait();
            }
            try (ServedAdapter own = model.loadAdapter(write("llama", "own", 1, model.weightHash()))) {
                assertThat(own.isClosed()).isFalse();
            }
            Path foreign = write("llama", "foreign", 1, "0123456789abcdef".repeat(4));
            assertThatThrownBy(() -> model.loadAdapter(foreign))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "the adapter foreign is of another base: it was trained on weights with the SHA-256 0123456789ab..., those of llama.gguf have %s...; load it with the base that it was trained on"
                                    .formatted(model.weightHash().substring(0, 12)));
        }
    }

    @Test
    void whatIsNoAdapterOfTheModelIsRefused() throws IOException {
        Path gemmas = write("gemma3", "gemmas", 1, "");
        Path damaged = write("llama", "damaged", 1, "");
        Path tensors = damaged.resolve("adapter_model.safetensors");
        Files.write(tensors, Arrays.copyOf(Files.readAllBytes(tensors), 100));
        try (LanguageModel model = model("llama")) {
            for (Path path : List.of(folder.resolve("missing"), gemmas, damaged)) {
                assertThatThrownBy(() -> model.loadAdapter(path)).isInstanceOf(ModelFormatException.class);
            }
        }
    }

    @Test
    void anAdapterLargerThanTheHeapIsRefusedBeforeItIsRead() throws IOException {
        Path large = write("llama", "large", 1, "");
        // Sparse: it takes no place on the disk.
        try (RandomAccessFile file =
                new RandomAccessFile(large.resolve("adapter_model.safetensors").toFile(), "rw")) {
            file.setLength(Runtime.getRuntime().maxMemory());
        }
        try (LanguageModel model = model("llama")) {
            assertThatThrownBy(() -> model.loadAdapter(large))
                    .isInstanceOf(OutOfMemoryBudgetException.class)
                    .hasMessageContaining("the adapter large needs");
        }
    }
}
