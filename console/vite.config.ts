import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../local_aws/console/built",
    emptyOutDir: true,
    target: "es2023",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    // What is inlined as data: would not be the page's own for its Content-Security-Policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      onLog: (level, log, handle) => {
        // Cloudscape marks its files for servers that render React; there is none here.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") handle(level, log);
      },
    },
  },
});
