import { formatCount } from '../format.ts';
import { html, type Content, type Markup } from './markup.ts';

export interface ChartColumn {
  readonly title: string;
  /** Left out on a telephone. */
  readonly wide?: boolean;
}

export interface ChartRow {
  readonly name: Content;
  /** Shapes in an SVG as wide as its column, `chartHeight` high. The cells say the same in figures. */
  readonly shapes: Content;
  readonly cells: readonly Content[];
}

export const chartHeight = 14;

/** A table that is a chart: each row has its name, its shapes and its figures. */
export function chartTable(names: string, columns: readonly ChartColumn[], rows: readonly ChartRow[], left = 0): Markup {
  const kind = ({ wide }: ChartColumn): string => (wide ? 'wide' : '');
  return html`<table class="chart${columns.length > 4 ? ' dense' : ''}">
      <colgroup>
        <col class="name" />
        <col class="shape" />
        ${columns.map((column) => html`<col class="figure ${kind(column)}" />`)}
      </colgroup>
      <thead>
        <tr>
          <th scope="col">${names}</th>
          <td></td>
          ${columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, shapes, cells }) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td><svg width="100%" height="${chartHeight}" aria-hidden="true">${shapes}</svg></td>
              ${cells.map((cell, index) => html`<td class="${kind(columns[index]!)}">${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
    ${left > 0 ? html`<p class="note">and ${formatCount(left)} more</p>` : undefined}`;
}
