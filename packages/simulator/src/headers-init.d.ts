// The `ollama` package names this DOM type, which Node's own types do not declare globally.
type HeadersInit = NonNullable<RequestInit['headers']>;
