package dev.caravan.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.ModelFormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A folder's templates, chosen as transformers chooses them. */
class FolderChatTemplatesTest {
    private static final List<ChatMessage> QUESTION = List.of(new ChatMessage("user", "질문"));

    @TempDir
    Path folders;

    @Test
    void takesTheTemplateThatTransformersTakes() throws IOException {
        List<String> differences = new ArrayList<>();
        int renderings = 0;
        try (BufferedReader rows = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(GoldenTemplates.open("models/folders.jsonl.gz")), StandardCharsets.UTF_8))) {
            int index = 0;
            for (String row = rows.readLine(); row != null; row = rows.readLine()) {
                Map<String, @Nullable Object> golden = GoldenMatrix.object(JsonReader.read(row));
                Path folder = write(folders.resolve(String.valueOf(index++)), GoldenMatrix.object(golden.get("files")));
                for (Object item : GoldenMatrix.list(golden.get("renderings"))) {
                    renderings++;
                    Map<String, @Nullable Object> rendering = GoldenMatrix.object(item);
                    String actual = render(folder, rendering);
                    Object expected =
                            rendering.containsKey("error") ? "refused" : String.valueOf(rendering.get("expected"));
                    if (!actual.equals(expected)) {
                        differences.add("%n%s%n  reference %s%n  caravan   %s".formatted(golden, expected, actual));
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
        assertThat(renderings).isGreaterThan(300);
    }

    private static Path write(Path folder, Map<?, ?> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<?, ?> file : files.entrySet()) {
            Path target = folder.resolve(String.valueOf(file.getKey()));
            Files.createDirectories(target.getParent());
            Files.writeString(target, String.valueOf(file.getValue()));
        }
        return folder;
    }

    @SuppressWarnings("unchecked") // JSON objects have string keys
    private static String render(Path folder, Map<String, @Nullable Object> rendering) {
        TemplateOptions options = TemplateOptions.DEFAULT
                .withTools((List<Map<String, ?>>) rendering.get("tools"))
                .withTemplate((String) rendering.get("template"));
        try {
            return FolderChatTemplates.fromFolder(folder)
                    .map(template -> text(template, options))
                    .orElse("refused");
        } catch (IllegalArgumentException refused) {
            return "refused";
        }
    }

    private static String text(ChatTemplate template, TemplateOptions options) {
        return template.render(QUESTION, options).stream()
                .map(PromptPiece::text)
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tokenizer_config.json|{\"chat_template\": \"a\\n{% if %}\"}|tokenizer_config.json: chat_template, line 2:",
                "tokenizer_config.json|{\"chat_template\": [{\"name\": \"rag\", \"template\": \"{{ 'a\"}]}"
                        + "|tokenizer_config.json: chat_template rag, line 1:",
                "tokenizer_config.json|{\"chat_template\": [{\"name\": \"rag\"}]}|list of {name, template}",
                "tokenizer_config.json|{\"chat_template\": 7}|the key chat_template should hold a string",
                "tokenizer_config.json|{\"chat_template\": \"a\", \"bos_token\": {\"x\": 1}}|bos_token.content is missing",
                "tokenizer_config.json|{\"chat_template\": \"a|is not sound JSON",
                "chat_template.jinja|{% include 'x' %}|chat_template.jinja: chat_template.jinja, line 1:",
                "additional_chat_templates/rag.jinja|{% endif %}|rag.jinja: rag.jinja, line 1:"
            })
    void saysWhichFileAndKeyIsUnsound(String file, String content, String message) throws IOException {
        Path folder = write(folders, Map.of(file, content));
        assertThatThrownBy(() -> FolderChatTemplates.fromFolder(folder))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void saysWhichTemplateFailsWhileItRenders() throws IOException {
        Path folder = write(
                folders,
                Map.of(
                        "tokenizer_config.json",
                        "{\"chat_template\": \"x\\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}"
                                + "{% endfor %}\"}"));
        ChatTemplate template = FolderChatTemplates.fromFolder(folder).orElseThrow();
        assertThatThrownBy(() -> template.render(QUESTION))
                .isInstanceOf(JinjaException.class)
                .hasMessageStartingWith("chat_template of tokenizer_config.json, line 2: the template takes more than");
    }

    @Test
    void refusesAFileThatIsNoText() throws IOException {
        Files.write(folders.resolve("chat_template.jinja"), new byte[] {'a', (byte) 0xff, 'b'});
        assertThatThrownBy(() -> FolderChatTemplates.fromFolder(folders))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("chat_template.jinja: it is not UTF-8 text");
    }

    @Test
    void namesTheTemplatesThatThereAre() throws IOException {
        write(
                folders,
                Map.of(
                        "chat_template.jinja", "default",
                        "additional_chat_templates/rag.jinja", "{{ documents[0].text }}"));
        ChatTemplate template = FolderChatTemplates.fromFolder(folders).orElseThrow();
        TemplateOptions options = TemplateOptions.DEFAULT.withDocuments(List.of(Map.of("text", "<eos> 본문")));
        assertThat(template.render(QUESTION, options.withTemplate("rag")))
                .containsExactly(new PromptPiece("<eos> 본문", false));
        assertThatThrownBy(() -> template.render(QUESTION, options.withTemplate("ragg")))
                .hasMessage("the model has no chat template named 'ragg'; it has default, rag");
    }
}
