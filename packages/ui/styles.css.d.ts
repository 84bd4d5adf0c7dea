// TypeScript resolves an import for its side effects as any other, so the stylesheet has a declaration, without a name.
// oxlint-disable-next-line unicorn/require-module-specifiers
export {}
