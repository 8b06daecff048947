import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use as register } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import { useDark } from '../../style/theme.ts'
import type { ChartData } from './chart-data.ts'

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer])

const palettes = { light: ['#3447d4', '#1fa463', '#dd9411', '#7a2fb5'], dark: ['#97a4ff', '#3cbf80', '#e0a02e', '#c79bf5'] }

/** The result drawn; it follows the theme and its place's size. */
export function Chart({ data }: { data: ChartData }) {
  const place = useRef<HTMLDivElement>(null)
  const dark = useDark()
  useEffect(() => {
    const chart = init(place.current!, undefined, { renderer: 'svg' })
    chart.setOption(options(data, dark))
    const observer = new ResizeObserver(() => chart.resize())
    observer.observe(place.current!)
    return () => {
      observer.disconnect()
      chart.dispose()
    }
  }, [data, dark])
  return <div ref={place} className="chart" role="img" aria-label={`Chart of ${data.series.map((each) => each.name).join(', ')}`} />
}

function options(data: ChartData, dark: boolean) {
  const style = getComputedStyle(document.body)
  const text = { color: dark ? '#aab1be' : '#4b5260', fontFamily: style.fontFamily, fontSize: 12 }
  const line = { lineStyle: { color: dark ? '#23272f' : '#e6e8ed' } }
  return {
    color: palettes[dark ? 'dark' : 'light'],
    textStyle: text,
    animationDuration: 200,
    grid: { left: 16, right: 24, top: data.series.length > 1 ? 40 : 20, bottom: 12, containLabel: true },
    legend: data.series.length > 1 ? { top: 8, icon: 'roundRect', itemWidth: 10, itemHeight: 10, textStyle: text } : undefined,
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: dark ? '#1a1d24' : '#ffffff',
      borderColor: dark ? '#363c48' : '#d2d6de',
      textStyle: { ...text, color: dark ? '#eceef2' : '#15171c' },
    },
    xAxis: { type: 'category', data: data.labels, axisLabel: text, axisLine: line, axisTick: { show: false } },
    yAxis: { type: 'value', axisLabel: text, splitLine: line },
    series: data.series.map((each) => ({
      name: each.name,
      type: data.kind,
      data: each.values,
      barMaxWidth: 36,
      showSymbol: data.labels.length < 60,
      itemStyle: data.kind === 'bar' ? { borderRadius: [3, 3, 0, 0] } : {},
    })),
  }
}
