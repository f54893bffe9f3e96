package dev.caravan.server.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.QuantizationConfig;
import dev.caravan.server.models.catalogue.ModelException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a person calls it, on tiny real models: what it prints and how it ends. */
class ModelsCommandTest {

    private static final Path TINY = Path.of("../engine/src/test/resources/golden/tiny-models");

    @TempDir
    Path folder;

    private final ByteArrayOutputStream result = new ByteArrayOutputStream();
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();

    @BeforeEach
    void copyAModel() throws Exception {
        Files.copy(TINY.resolve("gemma3.gguf"), folder.resolve("gemma3.gguf"));
    }

    private int run(String... arguments) {
        result.reset();
        messages.reset();
        ModelsCommand command = new ModelsCommand(
                folder.resolve("home"),
                Map.of("CARAVAN_CALLER_DIRECTORY", folder.toString()),
                new PrintStream(result, true, StandardCharsets.UTF_8),
                new PrintStream(messages, true, StandardCharsets.UTF_8),
                false);
        return command.run(List.of(arguments));
    }

    private String printed() {
        return result.toString(StandardCharsets.UTF_8);
    }

    @Test
    void checkOfAPathPrintsTheEvidence() {
        assertThat(run("check", "gemma3.gguf")).isZero();
        assertThat(printed())
                .contains(
                        "ok       tensors", "all 93 were read", "ok       chat template", "ok       sample", "SHA-256")
                .doesNotContain("problem");
    }

    @Test
    void checkTakesBitsAndBytesConfigsOptions() {
        assertThat(run("check", "gemma3.gguf", "--load-in-8bit")).isZero();
        assertThat(printed()).contains("LLM.int8");
        assertThatThrownBy(() -> run("check", "gemma3.gguf", "--load-in-8bit", "--load-in-4bit"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("load_in_4bit and load_in_8bit are both true");
        assertThatThrownBy(() -> run("check", "gemma3.gguf", "--load-in-4bit", "--bnb-4bit-quant-type", "int4"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("bnb_4bit_quant_type is int4");
        assertThatThrownBy(() -> run("check", "gemma3.gguf", "--bnb-4bit-quant-type", "nf4"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("--load-in-4bit");
        assertThatThrownBy(() -> run("check", "gemma3.gguf", "--fast"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("--fast");
    }

    @Test
    void checkOfADamagedFileEndsWithOneAndASentence() throws Exception {
        byte[] bytes = Files.readAllBytes(folder.resolve("gemma3.gguf"));
        Files.write(folder.resolve("half.gguf"), java.util.Arrays.copyOf(bytes, bytes.length / 2));

        assertThat(run("check", "half.gguf", "gemma3.gguf")).isOne();
        assertThat(printed()).contains("problem", "half.gguf: ", "half.gguf cannot be used", "ok       sample");
        assertThatThrownBy(() -> run("check", "nothing.gguf"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("'nothing.gguf' is neither an installed model");
    }

    @Test
    void convertWritesAModelThatCheckAccepts() throws Exception {
        assertThat(run("convert", "gemma3.gguf", "small.gguf", "--type", "q8_0"))
                .isZero();
        assertThat(printed()).contains("blk.*.attn_q.weight", "F16 -> Q8_0", "small.gguf is written and loads");
        assertThat(messages.toString(StandardCharsets.UTF_8)).contains("100%");
        assertThat(run("check", "small.gguf")).isZero();
        assertThat(printed()).contains("ok       sample", "Q8_0");

        assertThat(run("convert", "small.gguf", "folder", "--type", "bf16")).isZero();
        assertThat(printed()).contains("Note: the source is quantised (Q8_0)");
        assertThat(folder.resolve("folder/config.json")).exists();
    }

    @Test
    void convertRefusesInASentenceAndOverwritesOnDemandOnly() {
        assertThat(run("convert", "gemma3.gguf", "small.gguf", "--type", "q8_0"))
                .isZero();
        assertRefused("is there already", "convert", "gemma3.gguf", "small.gguf", "--type", "q8_0");
        assertThat(run("convert", "gemma3.gguf", "small.gguf", "--type", "q8_0", "--force"))
                .isZero();
        assertRefused("the type q3 is not known", "convert", "gemma3.gguf", "x.gguf", "--type", "q3");
        assertRefused("a type of bitsandbytes", "convert", "gemma3.gguf", "x.gguf", "--type", "nf4");
        assertRefused("there is no such file", "convert", "nothing", "x.gguf");
        assertRefused("takes a source and a target", "convert", "gemma3.gguf");
        assertRefused("same", "convert", "gemma3.gguf", "gemma3.gguf", "--force", "--type", "q8_0");
    }

    @Test
    void adaptersAreConvertedAndMerged() throws Exception {
        unpack("architectures/llama3.zip", "base");
        unpack("lora/llama3-all.zip", "peft");

        assertThat(run("convert-adapter", "base", "peft", "adapter.gguf")).isZero();
        assertThat(printed()).contains("adapter.gguf is written and loads: rank 4, 14 matrices");
        assertThat(run("convert-adapter", "base", "adapter.gguf", "again")).isZero();
        assertThat(folder.resolve("again/adapter_model.safetensors")).exists();
        assertRefused("is there already", "convert-adapter", "base", "peft", "again");
        assertThat(run("convert-adapter", "base", "peft", "again", "--force")).isZero();

        assertThat(run("merge", "base", "adapter.gguf", "merged")).isZero();
        assertThat(printed()).contains("q_proj.weight", "+ adapter", "merged is written and loads");
        assertThat(run("merge", "base", "again", "merged.gguf", "--type", "q4_0"))
                .isZero();
        assertThat(printed()).contains("Q8_0 ", "+ adapter").doesNotContain("rounded away");
        assertThat(run("merge", "base", "again", "merged.gguf", "--type", "q4_0", "--requantize", "--force"))
                .isZero();
        assertThat(printed()).contains("Q4_0 ", "rounded away");
    }

    @Test
    void adaptersThatDoNotFitAreRefusedInASentence() throws Exception {
        unpack("lora/llama3-all.zip", "peft");

        assertRefused("takes a base, an adapter and a target", "merge", "gemma3.gguf", "peft");
        assertRefused("takes a base, an adapter and a target", "convert-adapter", "gemma3.gguf");
        assertRefused("load the base that", "merge", "gemma3.gguf", "peft", "merged.gguf");
        assertRefused("no such file or folder", "merge", "gemma3.gguf", "nothing", "merged.gguf");
        assertThat(folder.resolve("merged.gguf")).doesNotExist();
    }

    private void unpack(String archive, String name) throws Exception {
        try (ZipFile zip = new ZipFile(TINY.resolveSibling(archive).toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                Path file = folder.resolve(name).resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.write(file, zip.getInputStream(entry).readAllBytes());
            }
        }
    }

    private void assertRefused(String reason, String... arguments) {
        assertThatThrownBy(() -> run(arguments))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void settingsOfTheServerAreReadUnderBitsAndBytesConfigsNames() {
        QuantizationConfig own =
                new QuantizationProperties(true, null, "nf4", true, null, null).over(QuantizationConfig.NONE);

        assertThat(own.loadIn4bit()).isTrue();
        assertThat(own.bnb4bitQuantType()).isEqualTo(QuantizationConfig.QuantType.NF4);
        assertThat(new QuantizationProperties(null, null, null, null, null, null).over(QuantizationConfig.INT8))
                .isEqualTo(QuantizationConfig.INT8);
        assertThatThrownBy(() ->
                        new QuantizationProperties(true, null, "int4", null, null, null).over(QuantizationConfig.NONE))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("CARAVAN_QUANTIZATION")
                .hasMessageContaining("bnb_4bit_quant_type is int4");
    }
}
