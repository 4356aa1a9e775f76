/** What a server answered, as text for a model. */
import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/sdk/types.js';

export function resultText({ content, structuredContent }: CallToolResult): string {
  const texts = content.map(blockText);
  if (texts.length > 0) return texts.join('\n\n');
  return structuredContent === undefined ? '' : JSON.stringify(structuredContent);
}

/** What is not text is named, so that the model knows that it is there. */
function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type}: ${block.mimeType}]`;
    case 'resource_link':
      return `[resource: ${block.uri}]`;
    case 'resource': {
      const { resource } = block;
      return 'text' in resource ? resource.text : `[resource: ${resource.uri}]`;
    }
    default:
      return '[content of a kind that is not known]';
  }
}
