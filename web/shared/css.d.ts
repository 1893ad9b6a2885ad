/** esbuild turns style imports into a sheet beside the script; to the compiler they are nothing. */
declare module '*.css';
