/* Opens two doors of the reference engine that its header keeps shut: the tokens of a text, and the vector of given
 * tokens in one window. Compiled against the e5.c of the wheel; see README.md. */
#include "e5.c"

int reference_tokens(e5_model *m, const char *text, int *ids, int most) {
    return tok_content(&m->tok, text, ids, most);
}

void reference_vector(e5_model *m, const int *ids, int n, float *out) {
    int positions[512], starts[512], ends[512], offsets[2] = {0, n};
    for (int i = 0; i < n; i++) {
        positions[i] = i;
        starts[i] = 0;
        ends[i] = n;
    }
    forward_batch(m, ids, positions, starts, ends, offsets, 1, n, out, NULL);
    float squares = 0;
    for (int i = 0; i < m->H; i++) {
        squares += out[i] * out[i];
    }
    for (int i = 0; i < m->H; i++) {
        out[i] /= sqrtf(squares);
    }
}
