package dev.caravan.engine.convert;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What lies beside the weights in a folder: tokenizer, chat template, generation_config.json. */
sealed interface ModelExtras permits FolderExtras, GgufExtras {

    /** What a person should know before. */
    List<String> notes();

    /** Writes the files. */
    void write(Path folder) throws IOException;
}
