// Reference token ids by llama.cpp. Reads records from standard input (a decimal byte count, a newline, the bytes) and
// prints one line per record: the ids with parse_special off, a tab, the ids with parse_special on. No BOS or EOS.
// Build: g++ -O1 -I LLAMA_CPP/include -I LLAMA_CPP/ggml/include llama_ids.cpp -L LIBS -lllama -lggml -lggml-base
#include <cstdio>
#include <string>
#include <vector>

#include "llama.h"

static void print_ids(const llama_vocab * vocab, const std::string & text, bool parse_special) {
    std::vector<llama_token> ids(text.size() + 16);
    int count = llama_tokenize(vocab, text.data(), (int) text.size(), ids.data(), (int) ids.size(), false, parse_special);
    if (count < 0) {
        fprintf(stderr, "more tokens than bytes\n");
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        printf(i ? " %d" : "%d", ids[i]);
    }
}

int main(int argc, char ** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: llama_ids MODEL.gguf < RECORDS\n");
        return 2;
    }
    llama_log_set([](ggml_log_level level, const char * text, void *) {
        if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
    }, nullptr);
    llama_backend_init();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    llama_model * model = llama_model_load_from_file(argv[1], params);
    if (!model) return 1;
    const llama_vocab * vocab = llama_model_get_vocab(model);
    size_t length;
    while (scanf("%zu", &length) == 1) {
        getchar();
        std::string text(length, '\0');
        if (fread(text.data(), 1, length, stdin) != length) return 1;
        print_ids(vocab, text, false);
        putchar('\t');
        print_ids(vocab, text, true);
        putchar('\n');
    }
    llama_model_free(model);
    return 0;
}
