import { readdirSync } from "node:fs";

import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url));

/** Import zones: app -> features -> shared. A feature never imports another feature. */
function zone(files, forbidden, message) {
  return {
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { regex: forbidden, message },
            {
              regex: "^(\\.\\./){2,}",
              message: "Import from another folder by its @/ path, so that zones can be checked.",
            },
          ],
        },
      ],
    },
  };
}

export default defineConfig(
  globalIgnores(["dist", "coverage", "test-results", "playwright-report"]),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat["recommended-latest"],
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "public/*.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", 400],
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.js"],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: {
        window: "readonly",
        document: "readonly",
        localStorage: "readonly",
        URL: "readonly",
        navigator: "readonly",
      },
    },
  },
  zone(
    ["src/{api,components,i18n,lib,testing}/**/*.{ts,tsx}"],
    "^@/(app|features)/",
    "Shared code knows neither features nor the app.",
  ),
  features.map((feature) =>
    zone(
      [`src/features/${feature}/**/*.{ts,tsx}`],
      `^@/(app/|features/(?!${feature}/))`,
      "A feature imports neither another feature nor the app; share through api, components or lib.",
    ),
  ),
);
