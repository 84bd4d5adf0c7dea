// TypeScript resolves an import for its side effects as any other: a stylesheet needs a declaration. It has no names.
