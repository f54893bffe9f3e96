package dev.caravan.engine.tokenizer;

import dev.caravan.engine.format.json.JsonObject;

/**
 * A token that is looked for in the text before anything else.
 *
 * @param special whether it is a control token: recognised where a template wrote it, never in text of users
 * @param normalized whether it is looked for in the normalised text instead of the text as it came
 * @param lstrip whether it swallows white space before it
 * @param rstrip whether it swallows white space behind it
 * @param singleWord whether it counts only where no letter or digit touches it
 */
record AddedToken(
        int id,
        String content,
        boolean special,
        boolean normalized,
        boolean lstrip,
        boolean rstrip,
        boolean singleWord) {

    /** A control token of no further properties. */
    static AddedToken control(int id, String content) {
        return new AddedToken(id, content, true, false, false, false, false);
    }

    /** Reads what a JSON file says of a token. */
    static AddedToken read(JsonObject json, int id) {
        return new AddedToken(
                id,
                json.string("content"),
                json.flag("special", false),
                json.flag("normalized", true),
                json.flag("lstrip", false),
                json.flag("rstrip", false),
                json.flag("single_word", false));
    }

    AddedToken asControl() {
        return new AddedToken(id, content, true, normalized, lstrip, rstrip, singleWord);
    }
}
