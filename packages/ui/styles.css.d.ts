// TypeScript checks an import for its side effects as any other: a stylesheet needs a declaration, which has no names.
export {}
