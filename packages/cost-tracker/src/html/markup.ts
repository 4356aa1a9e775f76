/** HTML that is safe to put into a page. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may hold: texts are escaped, and what is absent leaves nothing. */
export type Content = Markup | string | number | undefined | readonly Content[];

/** A template in which every text is escaped, so that a name can never become a tag or an attribute. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  // How the template is indented is for its readers.
  const parts = strings.map((part) => part.replaceAll(/\n\s+/g, '\n'));
  return new Markup(parts.reduce((page, part, index) => page + render(values[index - 1]) + part));
}

function render(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(render).join('');
  return String(content).replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
