package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import dev.caravan.engine.format.gguf.GgufBytes;
import dev.caravan.engine.format.gguf.GgufFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The templates of a GGUF file, one or by name. */
class GgufChatTemplatesTest {
    private static final List<ChatMessage> QUESTION = List.of(new ChatMessage("user", "질문"));
    private static final TemplateOptions TOOLS = TemplateOptions.DEFAULT.withTools(List.of(Map.of("name", "search")));

    @TempDir
    Path folder;

    private Optional<ChatTemplate> templates(GgufBytes bytes) {
        try (GgufFile file = GgufFile.open(bytes.padTo(32).write(folder.resolve("model.gguf")))) {
            return GgufChatTemplates.fromMetadata(file.metadata());
        }
    }

    private static String render(ChatTemplate template, TemplateOptions options) {
        return template.render(QUESTION, options).stream()
                .map(PromptPiece::text)
                .collect(Collectors.joining());
    }

    @Test
    void aBaseModelHasNone() {
        assertThat(templates(GgufBytes.header(0, 0))).isEmpty();
    }

    @Test
    void knowsTheSpellingOfItsTokens() {
        ChatTemplate template = templates(GgufBytes.header(0, 3)
                        .stringsPair("tokenizer.ggml.tokens", "a", "<s>", "</s>")
                        .u32Pair("tokenizer.ggml.bos_token_id", 1)
                        .stringPair(
                                "tokenizer.chat_template",
                                "{{ bos_token }}{{ eos_token is defined }}{{ tools is none }}"))
                .orElseThrow();
        assertThat(render(template, TemplateOptions.DEFAULT)).isEqualTo("<s>FalseTrue");
        assertThat(render(template, TOOLS)).isEqualTo("<s>FalseFalse");
    }

    @Test
    void takesTheTemplateForToolsIfThereIsOne() {
        ChatTemplate template = templates(GgufBytes.header(0, 4)
                        .stringPair("tokenizer.chat_template", "plain")
                        .stringsPair("tokenizer.chat_templates", "tool_use", "rag")
                        .stringPair("tokenizer.chat_template.tool_use", "tools")
                        .stringPair("tokenizer.chat_template.rag", "passages"))
                .orElseThrow();
        assertThat(render(template, TemplateOptions.DEFAULT)).isEqualTo("plain");
        assertThat(render(template, TOOLS)).isEqualTo("tools");
        assertThat(render(template, TOOLS.withTemplate("rag"))).isEqualTo("passages");
        assertThat(render(template, TOOLS.withTemplate("default"))).isEqualTo("plain");
        assertThatThrownBy(() -> render(template, TOOLS.withTemplate("agent")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the model has no chat template named 'agent'; it has default, rag, tool_use");
    }

    @Test
    void aModelWithOneTemplateRefusesOtherNames() {
        ChatTemplate template = templates(GgufBytes.header(0, 1).stringPair("tokenizer.chat_template", "plain"))
                .orElseThrow();
        assertThatThrownBy(() -> render(template, TOOLS.withTemplate("rag")))
                .hasMessage("the model has one chat template and none named 'rag'");
    }

    @Test
    void saysWhichKeyIsUnsound() {
        assertThatThrownBy(() -> templates(GgufBytes.header(0, 1).stringPair("tokenizer.chat_template", "a\n{% if %}")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("model.gguf: tokenizer.chat_template, line 2: ");
        assertThatThrownBy(() -> templates(GgufBytes.header(0, 2)
                        .stringsPair("tokenizer.chat_templates", "rag")
                        .stringPair("tokenizer.chat_template.rag", "{{ 'open }}")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("model.gguf: tokenizer.chat_template.rag, line 1: ");
        assertThatThrownBy(() -> templates(GgufBytes.header(0, 1).stringsPair("tokenizer.chat_templates", "rag")))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("tokenizer.chat_template.rag is missing");
    }

    @Test
    void saysWhichTemplateFailsWhileItRenders() {
        ChatTemplate template = templates(GgufBytes.header(0, 1)
                        .stringPair("tokenizer.chat_template", "\n\n{{ messages[0].nothing.at_all }}"))
                .orElseThrow();
        assertThatThrownBy(() -> template.render(QUESTION))
                .isInstanceOf(JinjaException.class)
                .hasMessageStartingWith("tokenizer.chat_template of model.gguf, line 3: ");
    }
}
