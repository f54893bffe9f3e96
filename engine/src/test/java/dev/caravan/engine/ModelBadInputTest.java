package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.format.Checkpoint;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.engine.model.Decoders;
import dev.caravan.engine.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One fault in a sound model: one sentence that names file and key. */
class ModelBadInputTest {

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0} {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "llama2 | \"model_type\": \"llama\" | \"model_type\": \"mamba\" | architecture mamba is not supported; choose a model of the architecture llama, mistral, gemma3_text, qwen2, qwen3",
                "llama2 | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | model.layers.2.self_attn.q_proj.weight is missing",
                "llama2 | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 1 | model.layers.1.",
                "llama2 | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 0 | num_hidden_layers holds 0",
                "llama2 | \"hidden_size\": 32 | \"hidden_size\": 40 | has the shape [288, 32], expected [288, 40]",
                "llama2 | \"vocab_size\": 288 | \"vocab_size\": \"many\" | vocab_size should hold an integer",
                "llama3 | \"rope_type\": \"llama3\" | \"rope_type\": \"longrope\" | rope type longrope",
                "llama3 | \"hidden_act\": \"silu\" | \"hidden_act\": \"relu\" | hidden_act relu",
                "gemma3 | \"sliding_attention\",  | \"chunked_attention\",  | chunked_attention (layer_types)",
                "gemma3-v4 | \"sliding_window_pattern\": 3 | \"sliding_window_pattern\": 0 | sliding_window_pattern holds 0",
                "qwen2 | \"num_key_value_heads\": 2 | \"num_key_value_heads\": 3 | 4 attention heads cannot share 3",
                "bert | \"model_type\": \"bert\" | \"model_type\": \"bert\", \"x\": 1 | makes vectors or scores and cannot generate text",
                "embedding-gemma | \"head_dim\": 16 | \"head_dim\": 16, \"x\": 1 | embedding model (use_bidirectional_attention)"
            })
    void decodersRefuseAFaultyConfiguration(String name, String from, String to, String sentence) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        model.edit("config.json", from, to);
        assertThatThrownBy(() -> {
                    try (Checkpoint checkpoint = Checkpoints.open(model.folder())) {
                        Decoders.load(checkpoint);
                    }
                })
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(sentence)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest(name = "{0} {1} {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "bert | config.json | \"model_type\": \"bert\" | \"model_type\": \"mpnet\" | mpnet is not supported for vectors; choose a model of the architecture bert",
                "bert | config.json | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | encoder.layer.2.attention.self.query.weight is missing",
                "bert | config.json | \"num_hidden_layers\": 2 | \"num_hidden_layers\": 1 | encoder.layer.1.",
                "bert | config.json | \"max_position_embeddings\": 64 | \"max_position_embeddings\": 65 | has the shape [64, 32], expected [65, 32]",
                "bert | config.json | \"hidden_act\": \"gelu\" | \"hidden_act\": \"relu\" | hidden_act relu",
                "bert | config.json | \"num_attention_heads\": 4 | \"num_attention_heads\": 5 | do not make an encoder",
                "bert | config.json | \"vocab_size\": 112 | \"vocab_size\": 112, \"position_embedding_type\": \"relative_key\" | position_embedding_type relative_key",
                "xlm-roberta | config.json | \"pad_token_id\": 1 | \"pad_token_id\": 65 | positions begin at 66",
                "bert | 1_Pooling/config.json | \"pooling_mode_weightedmean_tokens\": false | \"pooling_mode_weightedmean_tokens\": true | pooling_mode [pooling_mode_weightedmean_tokens]",
                "bert | 1_Pooling/config.json | \"pooling_mode_mean_tokens\": false | \"pooling_mode_mean_tokens\": true | pooling_mode [CLS, MEAN]",
                "bert | 1_Pooling/config.json | \"include_prompt\": true | \"include_prompt\": false | include_prompt is false",
                "bert | modules.json | models.Normalize | models.WordWeights | WordWeights is not supported",
                "bert | modules.json | \"1_Pooling\" | \"../../1_Pooling\" | leads out of the model's folder",
                "bert | sentence_bert_config.json | \"do_lower_case\": false | \"do_lower_case\": true | do_lower_case",
                "bert | sentence_bert_config.json | 48 | 3 | no room for text",
                "embedding-gemma | 2_Dense/config.json | \"out_features\": 64 | \"out_features\": 65 | linear.weight has the shape [64, 32], its config.json says [65, 32]",
                "embedding-gemma | 2_Dense/config.json | linear.Identity | activation.ReLU | activation_function torch.nn.modules.activation.ReLU",
                "embedding-gemma | modules.json | \"3_Dense\" | \"2_Dense\" | takes 32 values where it gets 64"
            })
    void encodersRefuseAFaultyFile(String name, String file, String from, String to, String sentence) {
        TinyCheckpoint model = TinyCheckpoint.unpack(name, folder);
        model.edit(file, from, to);
        assertRefused(model.folder(), sentence);
    }

    private static void assertRefused(Path path, String sentence) {
        assertThatThrownBy(() -> TextEncoders.load(path, EncoderOptions.defaults(), KernelProvider.scalar()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(sentence)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        TinyCheckpoint model = TinyCheckpoint.unpack("llama3", folder);
        Files.delete(model.folder().resolve("model-00002-of-00002.safetensors"));
        assertThatThrownBy(() -> Checkpoints.open(model.folder()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors");
    }

    @Test
    void aModelThatDoesNotSayHowItPoolsIsRefused() throws IOException {
        TinyCheckpoint model = TinyCheckpoint.unpack("bert", folder);
        Files.delete(model.folder().resolve("modules.json"));
        assertRefused(model.folder(), "do not say how states become a vector");
    }

    @Test
    void aTokenizerOfAnotherModelIsRefused() throws IOException {
        TinyCheckpoint model = TinyCheckpoint.unpack("bert", folder);
        TinyCheckpoint other = TinyCheckpoint.unpack("xlm-roberta", folder);
        Files.copy(
                other.folder().resolve("tokenizer.json"),
                model.folder().resolve("tokenizer.json"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.delete(model.folder().resolve("tokenizer_config.json"));
        assertRefused(model.folder(), "the tokenizer has 152 tokens, the model's embeddings only 112");
    }

    @Test
    void aModelWithoutATokenizerIsRefused() throws IOException {
        TinyCheckpoint model = TinyCheckpoint.unpack("bert", folder);
        Files.delete(model.folder().resolve("tokenizer.json"));
        assertRefused(model.folder(), "tokenizer.json");
    }

    @Test
    void aDecoderIsNoEncoderAndNeitherIsNothing() {
        assertRefused(TinyCheckpoint.unpack("llama2", folder).folder(), "llama is not supported for vectors");
        assertRefused(folder.resolve("nowhere"), "no such file or folder");
        assertThatThrownBy(() -> CrossEncoders.load(folder.resolve("nowhere"), 1))
                .isInstanceOf(ModelFormatException.class);
    }
}
