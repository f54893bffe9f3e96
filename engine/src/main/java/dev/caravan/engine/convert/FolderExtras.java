package dev.caravan.engine.convert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Copies the small files of another folder. Weights, code and pickle files are left where they are. */
record FolderExtras(Path source) implements ModelExtras {

    private static final List<String> ENDINGS = List.of(".json", ".jinja", ".model", ".txt", ".md");
    private static final List<String> REWRITTEN = List.of("config.json", "model.safetensors.index.json");
    private static final String TEMPLATES = "additional_chat_templates";
    private static final long BYTES_MAX = 256L << 20;
    private static final int FILES_MAX = 1000;

    @Override
    public List<String> notes() {
        return Files.isRegularFile(source.resolve("tokenizer.json"))
                ? List.of()
                : List.of("the source has no tokenizer.json; Caravan needs one beside the weights");
    }

    @Override
    public void write(Path folder) throws IOException {
        copy(source, folder);
        if (Files.isDirectory(source.resolve(TEMPLATES))) {
            copy(source.resolve(TEMPLATES), Files.createDirectory(folder.resolve(TEMPLATES)));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file :
                    files.filter(FolderExtras::isWanted).limit(FILES_MAX).toList()) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static boolean isWanted(Path file) {
        String name = String.valueOf(file.getFileName());
        String upper = name.toUpperCase(Locale.ROOT);
        boolean isText = ENDINGS.stream().anyMatch(name::endsWith) && !REWRITTEN.contains(name);
        try {
            return Files.isRegularFile(file)
                    && (isText || upper.startsWith("LICENSE") || upper.startsWith("NOTICE"))
                    && Files.size(file) <= BYTES_MAX;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + file, failure);
        }
    }
}
